package io.github.jnpu.convert.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.model.ModelFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SafetensorsFileTest {
    @TempDir
    Path folder;

    /** The values were read with the Python library. */
    @Test
    void valuesAreThoseOfTheReferenceLibrary() throws IOException {
        JsonNode golden = new ObjectMapper().readTree(TestModels.require("tiny-llama-2shard/golden.json").toFile());
        assertThat(golden.path("scalars").size()).isGreaterThan(3);
        for (JsonNode scalar : golden.path("scalars")) {
            try (SafetensorsFile file = SafetensorsFile.open(TestModels.require("tiny-llama-2shard/" + scalar.path(
                    "shard").asText()))) {
                SafetensorsFile.Entry entry = file.entries().get(scalar.path("tensor").asText());
                assertThat(entry.type()).isEqualTo(scalar.path("dtype").asText());
                long index = 0;
                for (int i = 0; i < entry.shape().size(); i++) {
                    index = index * entry.shape().get(i) + scalar.path("index").get(i).asLong();
                }
                assertThat(entry.data().getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, index))
                        .isEqualTo(Long.decode(scalar.path("value_f32_bits").asText()).intValue());
            }
        }
    }

    private Path write(String header, int bytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return Files.write(folder.resolve("x.safetensors"), ByteBuffer.allocate(Long.BYTES + json.length + bytes).order(
                ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).array());
    }

    @Test
    void tensorsAndMetadataAreRead() throws IOException {
        Path path = write(
                "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F8_X\",\"shape\":[3],\"data_offsets\":[8,11]},\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[11,11]}}  ",
                11);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.metadata()).containsEntry("format", "pt");
            assertThat(file.entries().keySet()).containsExactly("b", "a", "none");
            assertThat(file.entries().get("a").shape()).containsExactly(2L, 1L);
            assertThat(file.entries().get("a").data().byteSize()).isEqualTo(8);
            assertThat(file.byteSize()).isEqualTo(Files.size(path));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"[]|0|no JSON object", "{|0|length is 1 in a file", "{x}|0|no JSON",
            "{\"a\":1}|0|'a' is not described",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}|4|cut short",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|4|does not fit its 4 bytes",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}|8|lies at 8 to 0",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}|4|the dimension -1",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}|4|too large",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,4]}}|4|does not fit",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|5|belong to no tensor",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}|6|'b' begins at 2",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|4|no JSON: Duplicate"})
    void malformedFilesAreRefused(String header, int bytes, String message) throws IOException {
        Path path = write(header, bytes);
        assertThatThrownBy(() -> SafetensorsFile.open(path)).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(
                        path.toString())
                .hasMessageContaining(message);
    }

    @Test
    void whatIsNoSuchFileIsRefused() throws IOException {
        assertThatThrownBy(() -> SafetensorsFile.open(folder)).hasMessageContaining("not a file");
        assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("gone"))).hasMessageContaining("no such file");
        Path text = Files.writeString(folder.resolve("text"), "<html>Not found</html>");
        assertThatThrownBy(() -> SafetensorsFile.open(text)).hasMessageContaining("is it a safetensors file");
    }
}
