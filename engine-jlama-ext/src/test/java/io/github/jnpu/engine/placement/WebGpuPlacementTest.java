package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.onnxruntime.OnnxRuntimeBackend;
import io.github.jnpu.engine.backend.vector.VectorBackend;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.HardwareProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** Stages on a GPU. Needs what {@code .ci/webgpu} brings: {@code mvn -Djnpu.webgpu=FOLDER}. */
@EnabledIfSystemProperty(named = "jnpu.test.webgpu", matches = "true", disabledReason = "needs ONNX Runtime with WebGPU: .ci/webgpu FOLDER, then -Djnpu.webgpu=FOLDER")
class WebGpuPlacementTest {
    private static final Path MACHINES = Path.of("..", "device-probe", "src", "test", "resources", "machines");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"onnxruntime:webgpu", "prefill=onnxruntime:webgpu,decode=vector",
            "prefill=vector,decode=onnxruntime:webgpu", "prefill=onnxruntime:webgpu,decode=onnxruntime",
            "prefill=onnxruntime,decode=onnxruntime:webgpu", "onnxruntime:webgpu@2+vector",
            "vector@3+onnxruntime:webgpu"})
    void aTrainedModelSaysTheSameEverywhere(String place) {
        PlacedModelTest.requireAgreement(TestModels.stories260K(), place);
    }

    @ParameterizedTest
    @ValueSource(strings = {"onnxruntime:webgpu", "prefill=onnxruntime:webgpu,decode=vector",
            "prefill=vector,decode=onnxruntime:webgpu", "prefill=onnxruntime:webgpu,decode=onnxruntime",
            "prefill=onnxruntime,decode=onnxruntime:webgpu", "onnxruntime:webgpu@1+vector",
            "attn:onnxruntime:webgpu+ffn:vector"})
    void aRandomModelSaysTheSameEverywhere(String place) throws IOException {
        Path file = folder.resolve("qwen3.gguf");
        new RandomModel("qwen3", ModelSize.Preset.TINY.size(), FileType.F32, true, 3).write(file);
        PlacedModelTest.requireAgreement(file, place);
    }

    /** A machine with a GPU, as the probe has captured one; the device behind the provider is this machine's, in software. */
    @Test
    void aGpuThatTheProbeFindsIsOfferedAndMeasured() throws IOException {
        DeviceReport machine = HardwareProbe.captured(MACHINES.resolve("ryzen-7-7840u")).report();
        List<ComputeBackend> devices = new OnnxRuntimeBackend().devices(() -> machine);
        assertThat(devices).extracting(ComputeBackend::target).contains("onnxruntime", "onnxruntime:webgpu");
        ComputeBackend gpu = devices.getLast();
        assertThat(gpu.deviceId()).isEqualTo(machine.gpus().getFirst().id());
        assertThat(gpu.acceleration()).isEqualTo(Acceleration.GPU);

        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            DecoderGraph graph = DecoderGraph.of(file);
            for (String place : List.of("auto", "gpu")) {
                PlacementWish wish = PlacementWish.parse(place, false);
                Planner planner = new Planner(graph, wish, new TargetResolver(
                        List.of(new OnnxRuntimeBackend(), new VectorBackend()), () -> machine));
                Deployment deployment = new Deployment(planner, wish, Optional.empty(), new PlacementMemory(folder));
                assertThat(deployment.placement().backend().target()).isEqualTo("onnxruntime:webgpu");
                try (PlacedDecoder decoder = deployment.compile(graph, new DecoderOptions(1, KvCacheType.F32, 16),
                        64)) {
                    String target = decoder.placement().backend().target();
                    if (place.equals("gpu")) {
                        assertThat(target).isEqualTo("onnxruntime:webgpu");
                        assertThat(decoder.report().stages().getFirst().nodes()).isPresent();
                        assertThat(decoder.report().stages().getFirst().precision()).startsWith("f32 weights");
                    } else {
                        // A GPU in software computes on this CPU, and more slowly.
                        assertThat(target).isEqualTo("vector");
                        assertThat(decoder.placement().rejections()).anySatisfy(rejection -> {
                            assertThat(rejection.backend()).isEqualTo("onnxruntime:webgpu");
                            assertThat(rejection.reason()).startsWith("the CPU is faster");
                        });
                    }
                }
            }
        }
    }
}
