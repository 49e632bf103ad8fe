package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * ONNX Runtime's {@code OrtApi}: pointers to functions, one behind the other. New ones are added at its end only, so a function's index is
 * its identity. Of {@code onnxruntime_c_api.h}, version 29; nothing behind version 24 is used.
 */
// A wrong index or signature here is a crash: this is the one place to look.
@SuppressWarnings("restricted")
final class FunctionTable {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    /** {@code size_t}: ONNX Runtime is built for 64 bits only. */
    static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;
    static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    private static final int ERROR_CODE = 1;
    private static final int ERROR_MESSAGE = 2;
    private static final int RELEASE_STATUS = 93;
    /** One more than the last index that is used here. */
    private static final int FUNCTIONS = 413;

    private final MemorySegment table;
    private final MethodHandle check;

    FunctionTable(MemorySegment address) {
        this.table = address.reinterpret(FUNCTIONS * ValueLayout.ADDRESS.byteSize());
        Statuses statuses = new Statuses(function(ERROR_CODE, FunctionDescriptor.of(INT, POINTER)),
                function(ERROR_MESSAGE, FunctionDescriptor.of(POINTER, POINTER)), release(RELEASE_STATUS));
        try {
            this.check = MethodHandles.lookup().findVirtual(Statuses.class, "check",
                    MethodType.methodType(void.class, MemorySegment.class)).bindTo(statuses);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this class has it", e);
        }
    }

    /** Errors of the library as exceptions. */
    private record Statuses(MethodHandle code, MethodHandle message, MethodHandle release) {
        private void check(MemorySegment status) {
            if (status.address() == 0) {
                return;
            }
            throw NativeCall.get(() -> {
                int number = (int) code.invokeExact(status);
                String text = NativeCall.text((MemorySegment) message.invokeExact(status));
                release.invokeExact(status);
                return new OnnxRuntimeException(number, text);
            });
        }
    }

    /** A function that gives a status: it returns nothing here and throws {@link OnnxRuntimeException}. */
    MethodHandle status(int index, MemoryLayout... arguments) {
        return MethodHandles.filterReturnValue(function(index, FunctionDescriptor.of(POINTER, arguments)), check);
    }

    /** A function that takes an object and ends it. */
    MethodHandle release(int index) {
        return function(index, FunctionDescriptor.ofVoid(POINTER));
    }

    /** A function that asks an object for a pointer and cannot fail. */
    MethodHandle getter(int index) {
        return function(index, FunctionDescriptor.of(POINTER, POINTER));
    }

    MethodHandle function(int index, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(table.getAtIndex(ValueLayout.ADDRESS, index), type);
    }
}
