package io.github.jnpu.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version that the build wrote into the jar. */
public final class JnpuVersion {
    private static final String VERSION = read();

    private JnpuVersion() {}

    /** As the build calls it, for example {@code 0.1.0-SNAPSHOT}. */
    public static String full() {
        return VERSION;
    }

    /** {@code x.y.z} alone: clients of the API compare it with the versions of Ollama that they need. */
    public static String semantic() {
        int qualifier = VERSION.indexOf('-');
        return qualifier < 0 ? VERSION : VERSION.substring(0, qualifier);
    }

    private static String read() {
        try (InputStream in = JnpuVersion.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
