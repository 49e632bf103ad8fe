package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.onnx.OnnxOptions.Weights;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class OnnxFolderTest {
    @TempDir
    Path folder;
    private GgufFile file;
    private DecoderGraph graph;

    @BeforeEach
    void open() throws IOException {
        Path path = folder.resolve("model.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.Q4_0, false, 1).write(path);
        file = GgufFile.open(path);
        graph = DecoderGraph.of(file);
    }

    @AfterEach
    void close() {
        file.close();
    }

    /** Every constant lies where the graph says, whoever wrote it. */
    @Test
    void constantsLieWhereTheGraphsSay() throws IOException {
        OnnxOptions options = OnnxOptions.EXACT.standard(Weights.BLOCKS);
        OnnxModel prefill = OnnxWriter.write(graph, options.withShape(8, 32));
        OnnxModel decode = OnnxWriter.write(graph, options.withShape(1, 32));
        Path target = folder.resolve("onnx");
        OnnxFolder.write(target, Map.of("prefill.onnx", prefill, "decode.onnx", decode));
        assertThat(names(target)).containsExactlyInAnyOrder("prefill.onnx", "decode.onnx", "model.onnx.data");
        byte[] data = Files.readAllBytes(target.resolve("model.onnx.data"));
        assertThat(data).hasSize(Math.toIntExact(prefill.initializerBytes()));
        for (String name : List.of("prefill.onnx", "decode.onnx")) {
            List<ParsedMessage> tensors = ParsedMessage.of(Files.readAllBytes(target.resolve(name))).messages(7)
                    .getFirst().messages(5).stream().filter(tensor -> tensor.fields().containsKey(14)).toList();
            assertThat(tensors).hasSameSizeAs(prefill.initializers());
            for (int i = 0; i < tensors.size(); i++) {
                int offset = Integer.parseInt(tensors.get(i).messages(13).get(1).text(2));
                int length = Integer.parseInt(tensors.get(i).messages(13).get(2).text(2));
                assertThat(Arrays.copyOfRange(data, offset, offset + length)).as(tensors.get(i).text(8))
                        .isEqualTo(content(prefill.initializers().get(i)));
            }
        }
    }

    private static byte[] content(Initializer initializer) {
        return switch (initializer.content()) {
            case Initializer.Stored(MemorySegment data) -> data.toArray(ValueLayout.JAVA_BYTE);
            case Initializer.Computed computed -> {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment memory = arena.allocate(initializer.byteSize());
                    computed.fill(memory);
                    yield memory.toArray(ValueLayout.JAVA_BYTE);
                }
            }
        };
    }

    @Test
    void aFolderThatHoldsSomethingIsLeftAlone() throws IOException {
        OnnxModel model = OnnxWriter.write(graph, OnnxOptions.EXACT);
        assertThatThrownBy(() -> OnnxFolder.write(folder, model)).isInstanceOf(FileAlreadyExistsException.class);
        Path empty = Files.createDirectory(folder.resolve("empty"));
        OnnxFolder.write(empty, model);
        assertThat(names(empty)).containsExactlyInAnyOrder("model.onnx", "model.onnx.data");
        OnnxFolder.delete(empty);
        assertThat(empty).doesNotExist();
    }

    @Test
    void whatFailsLeavesNothing() throws IOException {
        Initializer broken = new Initializer("broken", ElementType.FLOAT, new long[]{4},
                (Initializer.Computed) _ -> {
                    throw new UncheckedIOException(new IOException("no such page"));
                }, false);
        OnnxModel model = OnnxWriter.write(graph, OnnxOptions.EXACT);
        OnnxModel failing = new OnnxModel(model.proto(), List.of(broken), model.outsideTable(), Set.of(), Set.of(),
                List.of(), 1,
                Set.of());
        Path target = folder.resolve("onnx");
        assertThatThrownBy(() -> OnnxFolder.write(target, failing)).isInstanceOf(IOException.class)
                .hasMessage("no such page");
        assertThat(names(folder)).containsExactly("model.gguf");
        assertThatThrownBy(() -> OnnxFolder.write(target, Map.of("a.onnx", model, "b.onnx", failing)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("2 sets of constants");
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
