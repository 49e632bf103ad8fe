package io.github.jnpu.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;

/** Writes what {@code --json} asks for. A generator, not a mapper: a mapper's start takes longer than most commands. */
final class JsonOutput {
    private JsonOutput() {}

    /** Writes the members of an object. */
    interface Members {
        void write(JsonGenerator generator) throws IOException;
    }

    /** Prints one object and a line break. */
    static void printObject(PrintStream out, Members members) {
        try (JsonGenerator generator = JsonFactory.builder().build().createGenerator(out)) {
            generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            generator.useDefaultPrettyPrinter();
            generator.writeStartObject();
            members.write(generator);
            generator.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.println();
    }
}
