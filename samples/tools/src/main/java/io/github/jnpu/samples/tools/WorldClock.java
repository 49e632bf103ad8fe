package io.github.jnpu.samples.tools;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;

import java.time.Clock;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/** The time in a city, by the time zones that Java knows. */
public final class WorldClock {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

    private final Clock clock;

    public WorldClock(Clock clock) {
        this.clock = clock;
    }

    @Tool("Gets the current time in a city")
    public String getTime(@P("The city or time zone") String city) {
        return zone(city).map(zone -> TIME.format(clock.instant().atZone(zone))).orElseGet(
                () -> "There is no time zone for %s.".formatted(city));
    }

    /** A zone's own name, or one that ends with the city: {@code Europe/Oslo}, {@code America/New_York}. */
    private static Optional<ZoneId> zone(String city) {
        String name = city.strip().replace(' ', '_');
        return ZoneId.getAvailableZoneIds().stream().filter(id -> id.equalsIgnoreCase(name) || id.substring(id
                .lastIndexOf('/') + 1).equalsIgnoreCase(name)).sorted().findFirst().map(ZoneId::of);
    }
}
