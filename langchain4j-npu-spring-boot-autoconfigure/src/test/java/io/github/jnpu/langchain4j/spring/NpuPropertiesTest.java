package io.github.jnpu.langchain4j.spring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.langchain4j.NpuEmbeddingModel;
import io.github.jnpu.langchain4j.NpuModelBuilder;
import io.github.jnpu.langchain4j.NpuScoringModel;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

class NpuPropertiesTest {
    /** A name may be a path; the rest are objects, which come from beans. */
    private static final Set<String> NO_PROPERTIES = Set.of("modelPath", "defaultRequestParameters", "listeners",
            "pullListener", "build");

    static Stream<Arguments> groups() {
        return Stream.of(Arguments.of("chat-model", NpuProperties.Chat.class, NpuModelBuilder.class), Arguments.of(
                "streaming-chat-model", NpuProperties.Chat.class, NpuModelBuilder.class),
                Arguments.of(
                        "embedding-model", NpuProperties.Embedding.class, NpuEmbeddingModel.Builder.class),
                Arguments.of("scoring-model",
                        NpuProperties.Scoring.class, NpuScoringModel.Builder.class));
    }

    private static Set<String> components(Class<?> group) {
        return Arrays.stream(group.getRecordComponents()).map(RecordComponent::getName).collect(Collectors.toCollection(
                TreeSet::new));
    }

    @ParameterizedTest
    @MethodSource("groups")
    void everyOptionOfABuilderIsAProperty(String group, Class<?> properties, Class<?> builder) {
        assertThat(Arrays.stream(builder.getDeclaredMethods()).filter(method -> Modifier.isPublic(method
                .getModifiers()) && !method.isSynthetic()).map(Method::getName).filter(name -> !NO_PROPERTIES.contains(
                        name)))
                .containsOnlyOnceElementsOf(Set.of("modelName")).allMatch(components(
                        properties)::contains);
    }

    @ParameterizedTest
    @MethodSource("groups")
    void editorsKnowEveryPropertyAndWhatItDoes(String group, Class<?> properties, Class<?> builder)
            throws IOException {
        try (InputStream metadata = NpuProperties.class.getResourceAsStream(
                "/META-INF/spring-configuration-metadata.json")) {
            Map<String, JsonNode> known = StreamSupport.stream(new ObjectMapper().readTree(metadata).get("properties")
                    .spliterator(), false).collect(Collectors.toMap(property -> property.get("name").asText(),
                            property -> property));
            for (String component : components(properties)) {
                String name = "langchain4j.npu.%s.%s".formatted(group, component.replaceAll("([A-Z])", "-$1")
                        .toLowerCase(java.util.Locale.ROOT));
                assertThat(known).containsKey(name);
                assertThat(known.get(name).path("description").asText()).as(name).endsWith(".");
            }
        }
    }
}
