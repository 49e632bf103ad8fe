package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.engine.backend.BackendException;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Calls into ONNX Runtime that need more stack than a thread of Java has. 1.29 searches the process's command line for something with a recursion
 * for each character, when its environment is made: with 3,000 characters, as a class path of some thirty jars has, the process ends by SIGSEGV on
 * a stack of 1 MB, and does not with 30,000 on one of 8 MB.
 */
final class DeepStack {
    /** Reserved, not used: for command lines of some 200,000 characters. */
    private static final long BYTES = 64 << 20;

    private DeepStack() {}

    /** Runs a call on a thread of its own and waits for it; what it throws comes out as it was. */
    static <T> T call(Supplier<T> work) {
        FutureTask<T> task = new FutureTask<>(work::get);
        new Thread(null, task, "jnpu-onnx-environment", BYTES).start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    // It cannot be given up half made.
                    interrupted = true;
                } catch (ExecutionException e) {
                    switch (e.getCause()) {
                        case RuntimeException failure -> throw failure;
                        case Error failure -> throw failure;
                        default -> throw new BackendException("ONNX Runtime: " + e.getCause(), e.getCause());
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
