package io.github.jnpu.engine.chat;

import java.util.Locale;
import java.util.Optional;

/** Whether and how hard a model shall think before it answers. */
public enum Thinking {
    OFF,
    /** As hard as the template says by itself. */
    ON,
    LOW,
    MEDIUM,
    HIGH,
    MAX;

    public static Thinking of(boolean enabled) {
        return enabled ? ON : OFF;
    }

    /** The level with a name: {@code low}, {@code medium}, {@code high} or {@code max}. */
    public static Optional<Thinking> ofLevel(String name) {
        for (Thinking level : values()) {
            if (level.ordinal() >= LOW.ordinal() && level.name().toLowerCase(Locale.ROOT).equals(name)) {
                return Optional.of(level);
            }
        }
        return Optional.empty();
    }

    public boolean enabled() {
        return this != OFF;
    }

    /** The level in lower case; empty where it was only turned on or off. */
    public Optional<String> level() {
        return this == OFF || this == ON ? Optional.empty() : Optional.of(name().toLowerCase(Locale.ROOT));
    }

    /** The level for models that know none above {@code high}, such as gpt-oss. */
    public Optional<String> levelUpToHigh() {
        return this == MAX ? HIGH.level() : level();
    }
}
