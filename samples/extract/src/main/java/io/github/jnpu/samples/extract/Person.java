package io.github.jnpu.samples.extract;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.langchain4j.model.output.structured.Description;

/** What is said of a person. */
@Description("a person")
public record Person(@JsonProperty(required = true) @Description("full name") String name,
        @JsonProperty(required = true) @Description("in years") int age,
        @JsonProperty(required = true) @Description("where the person lives") String city) {}
