package io.github.jnpu.probe.deep;

import io.github.jnpu.probe.RuntimeLibrary;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The child process: loads one library, prints what it says, one line for each thing, and ends.
 */
public final class DeepProbeMain {
    static final String MARK = "jnpu-deep";
    static final String VERSION = "version";
    static final String DEVICE = "device";
    /** What the names of devices end with that are only software. */
    static final String ON_CPU = " (the CPU)";
    static final String ERROR = "error";

    /**
     * What a library says.
     *
     * @param version
     *            empty if it does not tell
     * @param devices
     *            by name
     */
    record Answer(String version, List<String> devices) {}

    private DeepProbeMain() {}

    /**
     * Asks.
     *
     * @param args
     *            the library's kind and its full path
     */
    public static void main(String[] args) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            Answer answer = ask(RuntimeLibrary.Kind.valueOf(args[0]), new NativeLibrary(args[1], arena));
            print(out, VERSION, answer.version());
            answer.devices().forEach(device -> print(out, DEVICE, device));
        } catch (RuntimeException | LinkageError e) {
            print(out, ERROR, e.getMessage() == null ? e.toString() : e.getMessage());
        }
        out.flush();
        // Without the libraries' own clean-up at the end, in which some crash.
        Runtime.getRuntime().halt(0);
    }

    private static void print(PrintStream out, String what, String text) {
        if (!text.isEmpty()) {
            out.println(MARK + "\t" + what + "\t" + text.replaceAll("[\\r\\n\\t]+", " "));
        }
    }

    private static Answer ask(RuntimeLibrary.Kind kind, NativeLibrary library) {
        return switch (kind) {
            case OPENVINO -> OpenVinoQuestions.ask(library);
            case OPENCL -> OpenClQuestions.ask(library);
            case VULKAN -> VulkanQuestions.ask(library);
            default -> throw new IllegalArgumentException("Libraries of the kind %s cannot be asked".formatted(kind));
        };
    }
}
