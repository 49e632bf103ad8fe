package io.github.jnpu.samples.extract;

import dev.langchain4j.model.output.structured.Description;

/** What is said of a person. */
@Description("a person")
public record Person(@Description("full name") String name, @Description("in years") int age,
        @Description("where the person lives") String city) {}
