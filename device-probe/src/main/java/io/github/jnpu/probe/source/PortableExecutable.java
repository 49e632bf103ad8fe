package io.github.jnpu.probe.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads the version of a Windows program or library from its resources, without loading it: the fixed part of VS_VERSIONINFO, found
 * through the resource section, as Microsoft's "PE Format" and "VS_FIXEDFILEINFO" describe them. Reads a few kilobytes wherever the file
 * says, and never throws for what it finds there.
 */
final class PortableExecutable {
    /** A file's bytes. */
    interface Content {
        /** Bytes from an offset on, fewer where the file ends; none behind its end. */
        byte[] read(long offset, int length) throws IOException;
    }

    private static final int DOS_HEADER = 64;
    private static final int PE_SIGNATURE = 0x4550;
    private static final int FILE_HEADER = 24;
    private static final int PE32 = 0x10B;
    private static final int PE32_PLUS = 0x20B;
    private static final int RESOURCES = 2;
    private static final int SECTION = 40;
    /** The loader takes no more. */
    private static final int MAX_SECTIONS = 96;
    private static final int MAX_HEADERS = 1 << 20;
    private static final int MAX_OPTIONAL_HEADER = 1024;
    private static final int DIRECTORY = 16;
    private static final int ENTRY = 8;
    private static final int MAX_ENTRIES = 4096;
    private static final int SUBDIRECTORY = 0x8000_0000;
    private static final int RT_VERSION = 16;
    /** Length, value's length, type, "VS_VERSION_INFO" with its zero, and two bytes that align. */
    private static final int FIXED_INFO = 40;
    private static final int FIXED_SIGNATURE = 0xFEEF04BD;

    /** A part of the file and the address that it has in memory. */
    private record Range(long address, long length, long offset) {}

    private final Content content;

    private PortableExecutable(Content content) {
        this.content = content;
    }

    /** The file's version in the form {@code 32.0.100.4239}; empty if it states none or is no such file. */
    static Optional<String> version(Path file) throws IOException {
        // Opening a pipe or a device could block.
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(file)) {
            return version((offset, length) -> {
                ByteBuffer buffer = ByteBuffer.allocate(length);
                while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
                    // Until the end of the file, or all of it.
                }
                byte[] bytes = new byte[buffer.position()];
                buffer.flip().get(bytes);
                return bytes;
            });
        }
    }

    static Optional<String> version(Content content) throws IOException {
        return new PortableExecutable(content).version();
    }

    private Optional<String> version() throws IOException {
        Optional<Range> resources = resources();
        if (resources.isEmpty()) {
            return Optional.empty();
        }
        long start = resources.get().offset();
        // Three levels: type, name, language. Of names and languages the first will do.
        int names = find(start, 0, RT_VERSION);
        int languages = names < 0 ? find(start, names & ~SUBDIRECTORY, -1) : 0;
        int data = languages < 0 ? find(start, languages & ~SUBDIRECTORY, -1) : 0;
        if (data <= 0) {
            return Optional.empty();
        }
        ByteBuffer entry = read(start + data, DIRECTORY);
        if (entry.limit() < DIRECTORY) {
            return Optional.empty();
        }
        long inSection = Integer.toUnsignedLong(entry.getInt(0)) - resources.get().address();
        if (inSection < 0 || inSection > resources.get().length()) {
            return Optional.empty();
        }
        ByteBuffer info = read(start + inSection, FIXED_INFO + 16);
        if (info.limit() < FIXED_INFO + 16 || info.getInt(FIXED_INFO) != FIXED_SIGNATURE) {
            return Optional.empty();
        }
        return Optional.of("%d.%d.%d.%d".formatted(info.getShort(FIXED_INFO + 10) & 0xFFFF,
                info.getShort(FIXED_INFO + 8) & 0xFFFF, info.getShort(FIXED_INFO + 14) & 0xFFFF,
                info.getShort(FIXED_INFO + 12) & 0xFFFF));
    }

    /** The section that the resource directory begins in, from the directory on. */
    private Optional<Range> resources() throws IOException {
        ByteBuffer dos = read(0, DOS_HEADER);
        if (dos.limit() < DOS_HEADER || dos.getShort(0) != 0x5A4D) {
            return Optional.empty();
        }
        int header = dos.getInt(60);
        if (header < 0 || header > MAX_HEADERS) {
            return Optional.empty();
        }
        ByteBuffer file = read(header, FILE_HEADER);
        if (file.limit() < FILE_HEADER || file.getInt(0) != PE_SIGNATURE) {
            return Optional.empty();
        }
        int sections = Math.min(file.getShort(6) & 0xFFFF, MAX_SECTIONS);
        int optionalLength = file.getShort(20) & 0xFFFF;
        ByteBuffer optional = read(header + FILE_HEADER, Math.min(optionalLength, MAX_OPTIONAL_HEADER));
        int magic = optional.limit() < 2 ? 0 : optional.getShort(0) & 0xFFFF;
        int directories = switch (magic) {
            case PE32 -> 96;
            case PE32_PLUS -> 112;
            default -> -1;
        };
        int entry = directories + RESOURCES * ENTRY;
        if (directories < 0 || optional.limit() < entry + ENTRY || optional.getInt(directories - 4) <= RESOURCES) {
            return Optional.empty();
        }
        long address = Integer.toUnsignedLong(optional.getInt(entry));
        ByteBuffer table = read((long) header + FILE_HEADER + optionalLength, sections * SECTION);
        for (int at = 0; address != 0 && at + SECTION <= table.limit(); at += SECTION) {
            long from = Integer.toUnsignedLong(table.getInt(at + 12));
            long raw = Integer.toUnsignedLong(table.getInt(at + 16));
            if (address >= from && address < from + raw) {
                long skipped = address - from;
                return Optional.of(new Range(address, raw - skipped,
                        Integer.toUnsignedLong(table.getInt(at + 20)) + skipped));
            }
        }
        return Optional.empty();
    }

    /**
     * The offset that a resource directory gives for an id, its highest bit set if it is a directory's; for any id the first. 0 if there is
     * none.
     */
    private int find(long start, int directory, int id) throws IOException {
        ByteBuffer header = read(start + directory, DIRECTORY);
        if (header.limit() < DIRECTORY) {
            return 0;
        }
        int named = header.getShort(12) & 0xFFFF;
        int entries = Math.min(named + (header.getShort(14) & 0xFFFF), MAX_ENTRIES);
        ByteBuffer table = read(start + directory + DIRECTORY, entries * ENTRY);
        // Named entries come first.
        for (int at = id < 0 ? 0 : named * ENTRY; at + ENTRY <= table.limit(); at += ENTRY) {
            if (id < 0 || table.getInt(at) == id) {
                return table.getInt(at + 4);
            }
        }
        return 0;
    }

    private ByteBuffer read(long offset, int length) throws IOException {
        return ByteBuffer.wrap(content.read(offset, length)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
