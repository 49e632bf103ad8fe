package io.github.jnpu.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;

/** Writes what {@code --json} asks for. A generator, not a mapper: a mapper's start takes longer than most commands. */
final class JsonOutput {
    private JsonOutput() {}

    /** Writes the members of an object. */
    interface Members {
        void write(JsonGenerator generator) throws IOException;
    }

    /** Prints one object and a line break. */
    static void printObject(PrintStream out, Members members) {
        print(out, generator -> writeObject(generator, members));
    }

    /** Prints an array of objects and a line break. */
    static void printArray(PrintStream out, List<Members> objects) {
        print(out, generator -> {
            generator.writeStartArray();
            for (Members members : objects) {
                writeObject(generator, members);
            }
            generator.writeEndArray();
        });
    }

    private static void writeObject(JsonGenerator generator, Members members) throws IOException {
        generator.writeStartObject();
        members.write(generator);
        generator.writeEndObject();
    }

    private static void print(PrintStream out, Members content) {
        try (JsonGenerator generator = JsonFactory.builder().build().createGenerator(out)) {
            generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            generator.useDefaultPrettyPrinter();
            content.write(generator);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.println();
    }
}
