package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What users write behind {@code onnxruntime:}, and what they are told where it cannot be had. */
class ProviderChoiceTest {
    @TempDir
    Path folder;

    @Test
    void providersAndLibrariesAndOptions() {
        assertThat(ProviderChoice.of("webgpu")).isEqualTo(new ProviderChoice.BuiltIn(ExecutionProvider.WEBGPU, Map.of(),
                true));
        assertThat(ProviderChoice.of("OpenVINO;device_type=GPU.1;fallback=cpu")).isEqualTo(new ProviderChoice.BuiltIn(
                ExecutionProvider.OPENVINO, Map.of("device_type", "GPU.1"), false));
        assertThat(ProviderChoice.of("mine=/a/b=c.so;device=gpu;x=y=z")).isEqualTo(new ProviderChoice.Library("mine",
                "/a/b=c.so", Optional.of(Acceleration.GPU), Map.of("x", "y=z"), true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "webgpu", "openvino;device_type=GPU.1;fallback=cpu",
            "mine=/a/b=c.so;device=gpu;x=y=z"})
    void whatIsWrittenComesBack(String text) {
        assertThat(ProviderChoice.of(text).text()).isEqualTo(text);
        assertThat(new OnnxRuntimeBackend().on(text).target()).isEqualTo(text.equals("cpu")
                ? "onnxruntime"
                : "onnxruntime:" + text);
    }

    @ParameterizedTest
    @CsvSource({"cpu,CPU", "openvino,NPU", "'openvino;device_type=GPU.1',GPU", "'openvino;device_type=CPU',CPU",
            "qnn,NPU", "coreml,NPU", "directml,GPU", "cuda,GPU", "webgpu,GPU", "xnnpack,CPU"})
    void theSortOfProcessor(String text, Acceleration expected) {
        assertThat(new OnnxRuntimeBackend().on(text).acceleration()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "abacus | known are cpu, cuda, directml, openvino, qnn, coreml, xnnpack, webgpu",
            "webgpu;fast | 'fast' in 'onnxruntime:webgpu;fast' is not KEY=VALUE",
            "webgpu;fallback=gpu | fallback is cpu or none",
            "mine= | is not name=FILE", "=lib.so | is not name=FILE",
            "mine=lib.so;device=fpga | device is npu, gpu or cpu"})
    void mistakes(String text, String message) {
        assertThatThrownBy(() -> new OnnxRuntimeBackend().on(text)).isInstanceOf(BackendException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openvino", "qnn", "directml", "cuda", "xnnpack"})
    void aProviderThatIsNotInThisBuild(String name) {
        assertThat(ProviderChoice.of(name).complaint()).hasValueSatisfying(reason -> assertThat(reason)
                .startsWith("this build of ONNX Runtime 1.29.0 has no ").contains("only cpu"));
    }

    @Test
    void aLibraryThatIsMissing() {
        Path file = folder.resolve("libmine.so");
        assertThat(ProviderChoice.of("mine=" + file).complaint())
                .hasValue("the library of provider 'mine', %s: there is no such file".formatted(file));
    }

    @Test
    void aLibraryThatIsNone() throws IOException {
        Path file = Files.writeString(folder.resolve("libmine.so"), "not a library");
        ProviderChoice choice = ProviderChoice.of("mine=" + file);
        assertThat(choice.complaint()).hasValueSatisfying(reason -> assertThat(reason)
                .startsWith("ONNX Runtime cannot take provider 'mine' from " + file).doesNotContain("\n"));
        assertThat(choice.acceleration()).isEqualTo(Acceleration.NPU);
    }

    @Test
    void aLibraryWithoutProviders() {
        Path file = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("zip"));
        if (!Files.exists(file)) {
            file = Path.of(System.getProperty("java.home"), "bin", System.mapLibraryName("zip"));
        }
        assertThat(ProviderChoice.of("zip=" + file).complaint()).hasValueSatisfying(reason -> assertThat(reason)
                .startsWith("ONNX Runtime cannot take provider 'zip' from ").contains("CreateEpFactories"));
    }
}
