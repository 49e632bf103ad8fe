package io.github.jnpu.samples.tools;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;

import java.util.Locale;
import java.util.Map;

/** A weather service without a network: yesterday's table, so to speak. */
public final class Weather {
    private static final Map<String, String> TABLE = Map.of("berlin", "12 degrees and cloudy", "cairo",
            "31 degrees and sunny", "lima", "19 degrees and foggy", "nairobi", "24 degrees and sunny", "new york",
            "8 degrees and windy", "oslo", "-3 degrees and snowy", "paris", "14 degrees and rainy", "rome",
            "21 degrees and sunny", "sydney", "26 degrees and clear", "tokyo", "17 degrees and rainy");

    @Tool("Gets the current weather in a city")
    public String getWeather(@P("The city") String city) {
        String found = TABLE.get(city.strip().toLowerCase(Locale.ROOT));
        return found == null ? "There is no weather station in %s.".formatted(city) : found;
    }
}
