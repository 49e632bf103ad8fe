package io.github.jnpu.server.create;

import io.github.jnpu.server.create.Modelfile.Instruction;
import io.github.jnpu.server.create.Modelfile.Keyword;
import io.github.jnpu.server.model.PlacementParameters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The PARAMETER instructions of a Modelfile as typed values. */
public final class ModelParameters {
    private static final Set<String> INTEGERS = Set.of("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread",
            "draft_num_predict", "num_keep", "seed", "num_predict", "top_k", "repeat_last_n");
    private static final Set<String> FLOATS = Set.of("top_p", "min_p", "typical_p", "temperature", "repeat_penalty",
            "presence_penalty", "frequency_penalty");
    private static final Set<String> DEPRECATED = Set.of("penalize_newline", "low_vram", "f16_kv", "logits_all",
            "vocab_only", "use_mlock", "mirostat", "mirostat_tau", "mirostat_eta");

    private ModelParameters() {}

    /**
     * Reads them; of one that is repeated the last counts, but all stop texts.
     *
     * @param warnings
     *            hears of those that have no effect any more
     * @throws RefusedModelException
     *             if one is unknown or its value of another type
     */
    public static Map<String, Object> of(Modelfile modelfile, Consumer<String> warnings) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        List<String> stop = new ArrayList<>();
        for (Instruction instruction : modelfile.instructions()) {
            if (instruction.keyword() != Keyword.PARAMETER) {
                continue;
            }
            String name = instruction.name();
            if (DEPRECATED.contains(name)) {
                warnings.accept("parameter '%s' has no effect any more".formatted(name));
            } else if (name.equals("stop")) {
                stop.add(instruction.argument());
                parameters.put(name, stop);
            } else {
                parameters.put(name, value(name, instruction.argument()));
            }
        }
        return parameters;
    }

    private static Object value(String name, String text) {
        if (name.equals(PlacementParameters.PLACE)) {
            return text;
        }
        if (name.equals("use_mmap") || name.equals(PlacementParameters.STRICT)) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true", "1", "t" -> true;
                case "false", "0", "f" -> false;
                default -> throw invalid("bool", text);
            };
        }
        try {
            if (INTEGERS.contains(name)) {
                return Long.parseLong(text);
            }
            if (FLOATS.contains(name)) {
                float number = Float.parseFloat(text);
                if (Float.isFinite(number)) {
                    return number;
                }
            }
        } catch (NumberFormatException e) {
            throw invalid(INTEGERS.contains(name) ? "int" : "float", text);
        }
        throw FLOATS.contains(name)
                ? invalid("float", text)
                : new RefusedModelException("unknown parameter '%s'".formatted(name));
    }

    private static RefusedModelException invalid(String type, String text) {
        return new RefusedModelException("invalid %s value [%s]".formatted(type, text));
    }
}
