package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.SIZE;

/** A model that is ready to run. {@link #run} may be called by several threads at once, each with a binding of its own. */
public final class Session extends NativeObject {
    /** The entry of {@link SessionOptions} that {@link #assignedNodes} needs, set to 1. */
    public static final String RECORD_ASSIGNMENT = "session.record_ep_graph_assignment_info";

    private record Calls(MethodHandle create, MethodHandle release, MethodHandle run, MethodHandle inputCount,
            MethodHandle inputName, MethodHandle inputMemory, MethodHandle defaultAllocator, MethodHandle free,
            MethodHandle subgraphs, MethodHandle subgraphProvider, MethodHandle nodes, MethodHandle nodeName,
            MethodHandle nodeOperator) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            return new Calls(table.status(8, POINTER, POINTER, SIZE, POINTER, POINTER), table.release(95),
                    table.status(133, POINTER, POINTER, POINTER), table.status(30, POINTER, POINTER),
                    table.status(36, POINTER, SIZE, POINTER, POINTER), table.status(380, POINTER, POINTER, SIZE),
                    table.status(78, POINTER), table.status(76, POINTER, POINTER),
                    table.status(407, POINTER, POINTER, POINTER), table.status(408, POINTER, POINTER),
                    table.status(409, POINTER, POINTER, POINTER), table.status(410, POINTER, POINTER),
                    table.status(412, POINTER, POINTER));
        }
    }

    /**
     * Loads a model and gives its nodes to providers.
     *
     * @param model
     *            a serialized {@code ModelProto}
     * @throws OnnxRuntimeException
     *             if the model is none, or the providers refuse it
     */
    public Session(byte[] model, SessionOptions options) {
        super(create(model, options), Calls.IN_LIBRARY.release);
    }

    private static MemorySegment create(byte[] model, SessionOptions options) {
        MemorySegment environment = Environment.shared().handle();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, model);
            return NativeCall.create(pointer -> {
                Calls.IN_LIBRARY.create.invokeExact(environment, bytes, bytes.byteSize(), options.handle(), pointer);
            });
        }
    }

    /** Runs the model once, and returns when all outputs that were bound to memory of ours are there. */
    public void run(RunOptions options, IoBinding binding) {
        try {
            Calls.IN_LIBRARY.run.invokeExact(handle(), options.handle(), binding.handle());
        } catch (Throwable e) {
            throw NativeCall.unchecked(e);
        }
    }

    /** The memory in which the session wants each input. */
    public Map<String, MemoryInfo> inputMemory() {
        List<String> names = inputNames();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = arena.allocate(ValueLayout.ADDRESS, Math.max(1, names.size()));
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.inputMemory.invokeExact(handle(), array, (long) names.size());
            });
            Map<String, MemoryInfo> memory = new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                memory.put(names.get(i), new MemoryInfo(array.getAtIndex(ValueLayout.ADDRESS, i)));
            }
            return memory;
        }
    }

    private List<String> inputNames() {
        MemorySegment allocator = NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.defaultAllocator.invokeExact(pointer);
        });
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.inputCount.invokeExact(handle(), count);
            });
            List<String> names = new ArrayList<>();
            for (long i = 0; i < count.get(ValueLayout.JAVA_LONG, 0); i++) {
                long index = i;
                MemorySegment name = NativeCall.create(pointer -> {
                    Calls.IN_LIBRARY.inputName.invokeExact(handle(), index, allocator, pointer);
                });
                names.add(NativeCall.text(name));
                NativeCall.run(() -> {
                    Calls.IN_LIBRARY.free.invokeExact(allocator, name);
                });
            }
            return names;
        }
    }

    /**
     * Who runs each node of the model, as it was after the first simplifications: later ones may join nodes, but do not move them.
     *
     * @throws OnnxRuntimeException
     *             if the session was made without {@link #RECORD_ASSIGNMENT}
     */
    public List<AssignedNode> assignedNodes() {
        List<AssignedNode> assigned = new ArrayList<>();
        for (MemorySegment subgraph : NativeCall.list((elements, count) -> {
            Calls.IN_LIBRARY.subgraphs.invokeExact(handle(), elements, count);
        })) {
            String provider = NativeCall.text(NativeCall.create(pointer -> {
                Calls.IN_LIBRARY.subgraphProvider.invokeExact(subgraph, pointer);
            }));
            for (MemorySegment node : NativeCall.list((elements, count) -> {
                Calls.IN_LIBRARY.nodes.invokeExact(subgraph, elements, count);
            })) {
                assigned.add(new AssignedNode(provider, NativeCall.text(NativeCall.create(pointer -> {
                    Calls.IN_LIBRARY.nodeOperator.invokeExact(node, pointer);
                })), NativeCall.text(NativeCall.create(pointer -> {
                    Calls.IN_LIBRARY.nodeName.invokeExact(node, pointer);
                }))));
            }
        }
        return assigned;
    }
}
