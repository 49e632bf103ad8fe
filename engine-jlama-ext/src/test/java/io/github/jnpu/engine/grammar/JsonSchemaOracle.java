package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;

import java.util.List;

/** A validator that others wrote: com.networknt's. */
final class JsonSchemaOracle {
    static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12);

    private final Schema schema;

    JsonSchemaOracle(String schema) {
        this.schema = REGISTRY.getSchema(tree(schema));
    }

    static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    /** What is wrong with a text; empty if it is valid. */
    List<String> complaints(String text) {
        try {
            return schema.validate(JSON.readTree(text), context -> context.executionConfig(config -> config
                    .formatAssertionsEnabled(true))).stream().map(Object::toString).toList();
        } catch (JsonProcessingException e) {
            return List.of("no JSON: " + e.getOriginalMessage());
        }
    }
}
