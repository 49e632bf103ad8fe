package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What calls through method handles have in common: their exceptions, strings and results by pointer. */
@SuppressWarnings("restricted")
final class NativeCall {
    private static final boolean WINDOWS = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    /** No text or list of the library's is longer; a wrong pointer ends here rather than nowhere. */
    private static final long MAX_TEXT = 1 << 20;

    /** A call without a result. */
    @FunctionalInterface
    interface Action {
        void run() throws Throwable;
    }

    /** A call with one. */
    @FunctionalInterface
    interface Query<T> {
        T get() throws Throwable;
    }

    /** A call that writes a pointer where it is told to. */
    @FunctionalInterface
    interface Creation {
        void writeTo(MemorySegment pointer) throws Throwable;
    }

    /** A list that the library owns. */
    @FunctionalInterface
    interface Listing {
        void writeTo(MemorySegment elements, MemorySegment count) throws Throwable;
    }

    private NativeCall() {}

    static void run(Action action) {
        try {
            action.run();
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static <T> T get(Query<T> query) {
        try {
            return query.get();
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** Handles declare everything; what comes out is unchecked. */
    static RuntimeException unchecked(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException failure -> failure;
            case Error failure -> throw failure;
            default -> new IllegalStateException("a native function cannot throw " + thrown, thrown);
        };
    }

    static MemorySegment create(Creation creation) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
            run(() -> creation.writeTo(pointer));
            return pointer.get(ValueLayout.ADDRESS, 0);
        }
    }

    /** The pointers of a list. */
    static List<MemorySegment> list(Listing listing) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment elements = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            run(() -> listing.writeTo(elements, count));
            return elements(elements.get(ValueLayout.ADDRESS, 0), count.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    static List<MemorySegment> elements(MemorySegment array, long count) {
        MemorySegment pointers = array.reinterpret(Math.multiplyExact(count, ValueLayout.ADDRESS.byteSize()));
        List<MemorySegment> elements = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            elements.add(pointers.getAtIndex(ValueLayout.ADDRESS, i));
        }
        return elements;
    }

    /** A C string of the library's; empty at the null address. */
    static String text(MemorySegment address) {
        return address.address() == 0 ? "" : address.reinterpret(MAX_TEXT).getString(0);
    }

    /** Pairs of strings, in the library's order. */
    static Map<String, String> texts(List<MemorySegment> keys, List<MemorySegment> values) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            texts.put(text(keys.get(i)), text(values.get(i)));
        }
        return texts;
    }

    /** A C array of C strings; the null address if there are none. */
    static MemorySegment strings(Arena arena, Collection<String> texts) {
        return pointers(arena, texts.stream().map(arena::allocateFrom).toList());
    }

    /** A C array; the null address if there are no elements. */
    static MemorySegment pointers(Arena arena, List<MemorySegment> elements) {
        if (elements.isEmpty()) {
            return MemorySegment.NULL;
        }
        MemorySegment array = arena.allocate(ValueLayout.ADDRESS, elements.size());
        for (int i = 0; i < elements.size(); i++) {
            array.setAtIndex(ValueLayout.ADDRESS, i, elements.get(i));
        }
        return array;
    }

    /** A file's name as the library wants it: 16 bits a character on Windows. */
    static MemorySegment path(Arena arena, Path path) {
        String text = path.toAbsolutePath().toString();
        return WINDOWS ? arena.allocateFrom(text, StandardCharsets.UTF_16LE) : arena.allocateFrom(text);
    }
}
