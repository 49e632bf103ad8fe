package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.engine.backend.Acceleration;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The calls themselves, on the library of Maven's jar. */
class SessionTest {
    private static final int FAILED = 1;
    private static final int INVALID_ARGUMENT = 2;
    private static final int INVALID_PROTOBUF = 7;

    private static Session session(SessionOptions options) {
        try (options) {
            return new Session(TinyModel.doubling(), options);
        }
    }

    @Test
    void aBindingStaysAndMemoryOfOursIsReadWhereItLies() {
        try (Arena arena = Arena.ofConfined();
                Session session = session(new SessionOptions());
                IoBinding binding = new IoBinding(session);
                RunOptions options = new RunOptions()) {
            MemorySegment input = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3);
            MemorySegment output = arena.allocate(ValueLayout.JAVA_FLOAT, 3);
            try (Value x = Value.over(ElementType.FLOAT, input, 3);
                    Value y = Value.over(ElementType.FLOAT, output, 3)) {
                binding.keepInput("x", x);
                binding.keepOutput("y", y);
                session.run(options, binding);
                assertThat(output.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(2, 4, 6);
                input.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 50);
                session.run(options, binding);
                assertThat(output.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(2, 100, 6);
                try (Value fewer = Value.over(ElementType.FLOAT, input, 2)) {
                    binding.keepInput("x", fewer);
                    assertThatThrownBy(() -> session.run(options, binding)).isInstanceOf(OnnxRuntimeException.class)
                            .hasMessageContaining("shape").message().doesNotContain("\n");
                }
            }
        }
    }

    @Test
    void aRunCanBeEnded() {
        try (Arena arena = Arena.ofConfined();
                Session session = session(new SessionOptions());
                IoBinding binding = new IoBinding(session);
                RunOptions options = new RunOptions();
                Value x = Value.over(ElementType.FLOAT, arena.allocate(4), 1);
                Value y = Value.over(ElementType.FLOAT, arena.allocate(4), 1)) {
            binding.input("x", x);
            binding.keepOutput("y", y);
            options.terminate();
            assertThatThrownBy(() -> session.run(options, binding)).isInstanceOf(OnnxRuntimeException.class)
                    .hasMessageContaining("terminate");
            options.resume();
            session.run(options, binding);
        }
    }

    @Test
    void errorsAreTheLibrarysOwn() {
        try (SessionOptions options = new SessionOptions()) {
            assertThatThrownBy(() -> new Session(new byte[]{1, 2, 3}, options))
                    .isInstanceOfSatisfying(OnnxRuntimeException.class,
                            e -> assertThat(e.code()).isEqualTo(INVALID_PROTOBUF))
                    .hasMessageContaining("protobuf");
            assertThatThrownBy(() -> options.provider("Abacus", Map.of())).isInstanceOfSatisfying(
                    OnnxRuntimeException.class, e -> assertThat(e.code()).isEqualTo(INVALID_ARGUMENT))
                    .hasMessageContaining("Abacus");
            assertThatThrownBy(() -> options.cudaProvider(Map.of())).isInstanceOf(OnnxRuntimeException.class);
        }
        try (Session session = session(new SessionOptions())) {
            assertThatThrownBy(session::assignedNodes).isInstanceOfSatisfying(OnnxRuntimeException.class,
                    e -> assertThat(e.code()).isEqualTo(FAILED)).hasMessageContaining(Session.RECORD_ASSIGNMENT);
        }
    }

    @Test
    void whatIsClosedIsNotCalled() {
        Session session = session(new SessionOptions());
        session.close();
        session.close();
        assertThatThrownBy(() -> new IoBinding(session)).isInstanceOf(IllegalStateException.class)
                .hasMessage("this Session is closed");
    }

    @Test
    void nodesAndMemoryAndDevicesAreTold() {
        List<ProviderDevice> devices = Environment.shared().providerDevices();
        assertThat(devices).anySatisfy(device -> {
            assertThat(device.provider()).isEqualTo("CPUExecutionProvider");
            assertThat(device.device().type()).isEqualTo(Acceleration.CPU);
        });
        assertThat(Environment.shared().hardwareDevices()).extracting(HardwareDevice::type)
                .contains(Acceleration.CPU);
        assertThat(OnnxRuntimeLibrary.load().providers()).contains("CPUExecutionProvider");
        SessionOptions options = new SessionOptions();
        options.entry(Session.RECORD_ASSIGNMENT, "1");
        options.devices(devices.stream().filter(device -> device.provider().equals("CPUExecutionProvider")).limit(1)
                .toList(), Map.of());
        try (Session session = session(options)) {
            assertThat(session.assignedNodes()).containsExactly(new AssignedNode("CPUExecutionProvider", "Add", "sum"));
            assertThat(session.inputMemory()).containsOnlyKeys("x")
                    .allSatisfy((_, memory) -> {
                        assertThat(memory.name()).isEqualTo("Cpu");
                        assertThat(memory.isHost()).isTrue();
                    });
        }
    }

    /** On devices it is tested where there is one. */
    @Test
    void withinOurMemoryTheLibraryCopiesNothing() {
        try (Arena arena = Arena.ofConfined();
                Session session = session(new SessionOptions());
                Allocator allocator = new Allocator(session, session.inputMemory().get("x"));
                Value ours = Value.over(ElementType.FLOAT, arena.allocate(8), 2);
                Value theirs = Value.allocate(allocator, ElementType.FLOAT, 2)) {
            assertThatThrownBy(() -> Environment.shared().copy(ours, theirs)).isInstanceOf(OnnxRuntimeException.class)
                    .hasMessageContaining("Data transfer");
        }
    }
}
