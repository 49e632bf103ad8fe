package io.github.jnpu.samples.demo.train;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A training run on disk: all weights with their moments, so that a run that was cut off goes on to the same result. */
public final class Checkpoint {
    private static final int MAGIC = 0x6a6e7001;

    private Checkpoint() {}

    public static void write(Path file, Network network, int step) throws IOException {
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(partial)))) {
            out.writeInt(MAGIC);
            out.writeInt(step);
            for (Parameter parameter : network.parameters()) {
                out.writeInt(parameter.value.length);
                for (float[] values : parameter.state()) {
                    for (float value : values) {
                        out.writeFloat(value);
                    }
                }
            }
        }
        Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Fills a network of the same shape.
     *
     * @return the steps that were done
     */
    public static int read(Path file, Network network) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readInt() != MAGIC) {
                throw new IOException(file + " is no checkpoint of this program");
            }
            int step = in.readInt();
            for (Parameter parameter : network.parameters()) {
                int length = in.readInt();
                if (length != parameter.value.length) {
                    throw new IOException("%s: %s has %d values, expected %d".formatted(file, parameter.name(), length,
                            parameter.value.length));
                }
                for (float[] values : parameter.state()) {
                    for (int i = 0; i < length; i++) {
                        values[i] = in.readFloat();
                    }
                }
            }
            return step;
        }
    }
}
