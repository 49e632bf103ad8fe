package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.onnx.OnnxFolder;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.onnx.OnnxOptions.Weights;
import io.github.jnpu.convert.onnx.OnnxWriter;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Every kind of graph that is written to a folder is one that ONNX Runtime loads by its path, with the inputs and outputs that are promised. */
class OnnxLoadTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"llama,F32", "qwen2,Q4_K_M", "qwen3,F16"})
    void everyGraphIsValid(String architecture, FileType type) throws IOException {
        Path path = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, true, 1).write(path);
        List<OnnxOptions> forms = new ArrayList<>(List.of(OnnxOptions.FAST, OnnxOptions.EXACT,
                OnnxOptions.EXACT.withProducts(OnnxOptions.Products.STANDARD)));
        for (Weights weights : Weights.values()) {
            OnnxOptions open = OnnxOptions.EXACT.standard(weights);
            forms.addAll(List.of(open, open.withShape(8, 64), open.withShape(1, 64)));
        }
        try (GgufFile file = GgufFile.open(path)) {
            DecoderGraph whole = DecoderGraph.of(file);
            DecoderGraph halves = whole.halves();
            List<DecoderGraph> graphs = List.of(whole, whole.part(0, 1), whole.part(1, 2), halves.part(1, 2),
                    halves.part(2, 3));
            int number = 0;
            for (OnnxOptions options : forms) {
                for (DecoderGraph graph : graphs) {
                    OnnxModel model = OnnxWriter.write(graph, options);
                    Path target = folder.resolve("onnx" + number++);
                    OnnxFolder.write(target, model);
                    byte[] proto = Files.readAllBytes(target.resolve("model.onnx"));
                    try (SessionOptions settings = new SessionOptions()) {
                        settings.entry("session.model_external_initializers_file_folder_path", target.toString());
                        try (Session session = new Session(proto, settings)) {
                            assertThat(session.inputNames()).containsExactlyInAnyOrderElementsOf(model.inputs());
                            assertThat(session.outputNames()).containsExactlyInAnyOrderElementsOf(model.outputs());
                        }
                    }
                    OnnxFolder.delete(target);
                }
            }
        }
    }
}
