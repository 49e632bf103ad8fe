package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.ModelFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/** Every kind of damage gets one line that names the file and the field or tensor. */
@Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MalformedGgufTest {
    private static final int F32 = 0;
    private static final int I8 = 24;

    @TempDir
    Path folder;

    private static void assertRefused(GgufBytes bytes, String... parts) {
        assertThatThrownBy(bytes::open).isExactlyInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("test.gguf: ").hasMessageContainingAll(parts)
                .message().doesNotContain("\n").hasSizeLessThan(400);
    }

    private static GgufBytes pair(String key, GgufValueType type) {
        return new GgufBytes().header(3, 0, 1).key(key, type);
    }

    private static GgufBytes oneTensor(int type, long offset, long... dimensions) {
        return new GgufBytes().header(3, 1, 0).tensor("blk.0.attn_q.weight", type, offset, dimensions).align(32)
                .raw(new byte[4096]);
    }

    // The preamble.

    @Test
    void wrongMagic() {
        assertRefused(new GgufBytes().raw("PK\3\4abcd".getBytes(StandardCharsets.ISO_8859_1)), "not a GGUF file",
                "zip");
        assertRefused(new GgufBytes().raw("version https://git-lfs".getBytes(StandardCharsets.US_ASCII)), "Git LFS");
        assertRefused(new GgufBytes().raw("<!DOCTYPE html>".getBytes(StandardCharsets.US_ASCII)), "web page");
        assertRefused(new GgufBytes().raw("tjgg0000".getBytes(StandardCharsets.US_ASCII)), "older than GGUF");
        assertRefused(new GgufBytes().raw(new byte[]{1, 2, 3, 4}), "not a GGUF file", "01 02 03 04");
    }

    @Test
    void bigEndian() {
        assertRefused(new GgufBytes().header(3 << 24, 0, 0), "big-endian", "version 3");
        assertRefused(new GgufBytes().raw("FUGG".getBytes(StandardCharsets.US_ASCII)).int32(3), "big-endian");
    }

    @Test
    void unknownVersions() {
        assertRefused(new GgufBytes().header(1, 0, 0), "version 1");
        assertRefused(new GgufBytes().header(0, 0, 0), "version 0");
        assertRefused(new GgufBytes().header(4, 0, 0), "version 4");
        assertRefused(new GgufBytes().header(-1, 0, 0), "version 4294967295");
    }

    @Test
    void absurdCounts() {
        for (long count : new long[]{1L << 20, 1L << 40, Long.MAX_VALUE, -1}) {
            assertRefused(new GgufBytes().header(3, count, 0), "the tensor count", Long.toUnsignedString(count));
            assertRefused(new GgufBytes().header(3, 0, count), "the metadata count", Long.toUnsignedString(count));
            assertRefused(pair("tokens", GgufValueType.ARRAY).int32(GgufValueType.STRING.id()).int64(count),
                    "metadata 'tokens'", Long.toUnsignedString(count));
            assertRefused(pair("text", GgufValueType.STRING).int64(count), "metadata 'text'",
                    Long.toUnsignedString(count));
        }
    }

    // Metadata.

    @Test
    void keysThatAreTwiceTooLongOrNotText() {
        assertRefused(new GgufBytes().header(3, 0, 2).key("a", GgufValueType.BOOL).raw((byte) 1)
                .key("a", GgufValueType.BOOL).raw((byte) 1), "metadata 'a' is there twice");
        assertThatCode(() -> pair("k".repeat(65_535), GgufValueType.BOOL).raw((byte) 1).open())
                .doesNotThrowAnyException();
        assertRefused(pair("k".repeat(65_536), GgufValueType.BOOL).raw((byte) 1), "the key of metadata pair 0",
                "65535");
        assertRefused(new GgufBytes().header(3, 0, 1).int64(2).raw((byte) 0xc3, (byte) 0x28).int32(7).raw((byte) 1,
                (byte) 1, (byte) 1), "the key of metadata pair 0", "not UTF-8");
    }

    @Test
    void textThatIsNotUtf8() {
        assertRefused(pair("general.name", GgufValueType.STRING).int64(1).raw((byte) 0xff),
                "metadata 'general.name'", "not UTF-8");
        // A replacement character that is really there is text like any other.
        assertThat(pair("general.name", GgufValueType.STRING).text("\ufffd").open().metadata()
                .string("general.name")).contains("\ufffd");
    }

    @Test
    void unknownValueTypes() {
        assertRefused(new GgufBytes().header(3, 0, 1).text("odd").int32(13).int64(0), "metadata 'odd'", "type 13");
        assertRefused(pair("odd", GgufValueType.ARRAY).int32(-1).int64(0), "metadata 'odd'", "type 4294967295");
    }

    @Test
    void arraysInArraysWithoutEnd() {
        GgufBytes deep = pair("nest", GgufValueType.ARRAY);
        for (int i = 0; i < 100_000; i++) {
            deep.int32(GgufValueType.ARRAY.id()).int64(1);
        }
        assertRefused(deep, "metadata 'nest'", "8 deep");
    }

    @Test
    void arraysThatFitTheFileButNotTheMemory() throws IOException {
        // A sparse file of 64 GiB of zeros holds any number of empty texts, arrays or booleans.
        for (GgufValueType type : new GgufValueType[]{GgufValueType.STRING, GgufValueType.ARRAY, GgufValueType.BOOL,
                GgufValueType.INT64}) {
            Path path = folder.resolve(type + ".gguf");
            Files.write(path, pair("much", GgufValueType.ARRAY).int32(type.id()).int64(1L << 30).toByteArray());
            grow(path, 64L << 30);
            assertThatThrownBy(() -> GgufFile.open(path)).isInstanceOf(ModelFormatException.class)
                    .hasMessageContainingAll(path.toString(), "metadata 'much'", "MiB of memory");
        }
        Path text = folder.resolve("text.gguf");
        Files.write(text, pair("long", GgufValueType.STRING).int64(1L << 31).toByteArray());
        grow(text, 64L << 30);
        assertThatThrownBy(() -> GgufFile.open(text)).isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("metadata 'long'", "longer than the limit");
        Path tensors = folder.resolve("tensors.gguf");
        Files.write(tensors, new GgufBytes().header(3, 1L << 28, 0).toByteArray());
        grow(tensors, 64L << 30);
        assertThatThrownBy(() -> GgufFile.open(tensors)).isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("the tensor count", "MiB of memory");
    }

    private static void grow(Path path, long size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    @Test
    void oddAlignments() {
        for (int alignment : new int[]{0, 3, 48, -1, Integer.MIN_VALUE}) {
            assertRefused(pair("general.alignment", GgufValueType.UINT32).int32(alignment), "general.alignment",
                    Integer.toUnsignedString(alignment));
        }
        assertRefused(pair("general.alignment", GgufValueType.STRING).text("32"), "general.alignment");
    }

    // Tensors.

    @Test
    void aSoundTensorIsRead() {
        try (GgufFile file = oneTensor(F32, 0, 4, 3).raw((byte) 1).open()) {
            assertThat(file.requireTensor("blk.0.attn_q.weight").shape()).containsExactly(3, 4);
        }
    }

    @Test
    void dimensionsThatAreZeroNegativeTooManyOrTooLarge() {
        assertRefused(oneTensor(F32, 0, 4, 0), "tensor 'blk.0.attn_q.weight'", "dimension of 0");
        assertRefused(oneTensor(F32, 0, -4, 4), "tensor 'blk.0.attn_q.weight'", "dimension of -4");
        assertRefused(oneTensor(F32, 0, 1, 1, 1, 1, 1), "tensor 'blk.0.attn_q.weight'", "5 dimensions");
        assertRefused(oneTensor(F32, 0, 1L << 32, 1), "tensor 'blk.0.attn_q.weight'", "too large");
        assertRefused(oneTensor(F32, 0, 1, 1L << 31), "tensor 'blk.0.attn_q.weight'", "too large");
        assertRefused(oneTensor(F32, 0, 1, 1L << 30, 1L << 30, 1L << 30), "tensor 'blk.0.attn_q.weight'", "too large");
        assertRefused(oneTensor(28, 0, Integer.MAX_VALUE, Integer.MAX_VALUE), "tensor 'blk.0.attn_q.weight'",
                "too large");
        assertRefused(new GgufBytes().header(3, 1, 0).text("many").int32(-1).raw(new byte[64]), "tensor 'many'",
                "4294967295 dimensions");
    }

    @Test
    void aTensorWithoutDimensionsIsOneValue() {
        assertThat(oneTensor(F32, 0).open().requireTensor("blk.0.attn_q.weight").shape()).containsExactly(1);
    }

    @Test
    void unknownTensorTypes() {
        assertRefused(oneTensor(99, 0, 32), "tensor 'blk.0.attn_q.weight'", "type 99");
        assertRefused(oneTensor(4, 0, 32), "tensor 'blk.0.attn_q.weight'", "type 4");
        assertRefused(oneTensor(-1, 0, 32), "tensor 'blk.0.attn_q.weight'", "type 4294967295");
    }

    @Test
    void rowsThatDoNotFillBlocks() {
        assertRefused(oneTensor(2, 0, 33), "tensor 'blk.0.attn_q.weight'", "Q4_0", "33");
        assertRefused(oneTensor(12, 0, 32, 8), "tensor 'blk.0.attn_q.weight'", "Q4_K", "256");
    }

    @Test
    void offsetsThatAreMisalignedOrOutside() {
        assertRefused(oneTensor(F32, 4, 4), "tensor 'blk.0.attn_q.weight'", "offset 4", "alignment 32");
        assertRefused(oneTensor(F32, -32, 4), "tensor 'blk.0.attn_q.weight'", "offset 18446744073709551584");
        assertRefused(oneTensor(F32, Long.MAX_VALUE / 32 * 32, 4), "tensor 'blk.0.attn_q.weight'", "truncated");
        assertRefused(oneTensor(F32, 0, 1025), "tensor 'blk.0.attn_q.weight'", "4100 bytes", "truncated");
        assertRefused(oneTensor(F32, 4096, 1), "tensor 'blk.0.attn_q.weight'", "truncated");
    }

    @Test
    void theFilesOwnAlignmentCounts() {
        GgufBytes bytes = new GgufBytes().header(2, 1, 1).key("general.alignment", GgufValueType.UINT32).int32(8)
                .tensor("weight", I8, 8, 3).align(8).raw(new byte[8]).raw((byte) 5, (byte) 6, (byte) 7);
        MemorySegment data = bytes.open().requireTensor("weight").data();
        assertThat(data.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)).containsExactly(5, 6, 7);
    }

    @Test
    void tensorsThatOverlapOrAreTwice() {
        assertRefused(new GgufBytes().header(3, 2, 0).tensor("a", I8, 32, 64).tensor("b", I8, 0, 33).align(32)
                .raw(new byte[256]), "'b' and 'a' overlap");
        assertRefused(new GgufBytes().header(3, 2, 0).tensor("a", I8, 0, 32).tensor("a", I8, 32, 32).align(32)
                .raw(new byte[256]), "tensor 'a' is there twice");
    }

    @Test
    void namesInMessagesStayOnOneLine() {
        assertRefused(new GgufBytes().header(3, 1, 0).tensor("evil\n\u001b[31mname" + "x".repeat(500), 99, 0, 1),
                "tensor 'evil??[31mname");
    }

    @Test
    void everyTruncationNamesWhatIsCut() {
        byte[] whole = new GgufBytes().header(3, 1, 3).key("general.architecture", GgufValueType.STRING).text("llama")
                .key("tokens", GgufValueType.ARRAY).int32(GgufValueType.STRING.id()).int64(2).text("ab").text("cd")
                .key("scores", GgufValueType.ARRAY).int32(GgufValueType.FLOAT32.id()).int64(2).int32(1).int32(2)
                .tensor("weight", F32, 0, 8).align(32).raw(new byte[32]).toByteArray();
        assertThatCode(() -> GgufFile.of(MemorySegment.ofArray(whole), "test.gguf")).doesNotThrowAnyException();
        for (int length = 0; length < whole.length; length++) {
            MemorySegment cut = MemorySegment.ofArray(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> GgufFile.of(cut, "test.gguf")).as("%d bytes", length)
                    .isExactlyInstanceOf(ModelFormatException.class).hasMessageStartingWith("test.gguf: ")
                    .message().containsPattern("empty|magic|version|count|pair|metadata '|tensor");
        }
    }

    // Files.

    @Test
    void whatIsNotAFile() throws IOException {
        Path missing = folder.resolve("missing.gguf");
        assertThatThrownBy(() -> GgufFile.open(missing)).isInstanceOf(ModelFormatException.class)
                .hasMessage(missing + ": no such file");
        assertThatThrownBy(() -> GgufFile.open(folder)).isInstanceOf(ModelFormatException.class)
                .hasMessage(folder + ": a directory, not a file");
        Path empty = Files.createFile(folder.resolve("empty.gguf"));
        assertThatThrownBy(() -> GgufFile.open(empty)).isInstanceOf(ModelFormatException.class)
                .hasMessage(empty + ": the file is empty");
    }

    @Test
    void aFileThatMayNotBeRead() throws IOException {
        Path path = Files.createFile(folder.resolve("secret.gguf"));
        assumeFalse(System.getProperty("os.name").startsWith("Windows"), "needs POSIX permissions");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(path), "needs a user other than root");
        assertThatThrownBy(() -> GgufFile.open(path)).hasMessage(path + ": permission denied");
    }
}
