package io.github.jnpu.server.model;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.ChatTemplateException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the lists show of a model file.
 *
 * @param parameterCount
 *            values in all tensors
 * @param quantization
 *            for people: {@code Q4_K_M}
 * @param contextLength
 *            positions that it was trained for
 * @param chatTemplate
 *            what prompts are laid out with: the Modelfile's template or the file's
 * @param embedding
 *            whether the model turns texts into vectors and cannot generate
 * @param rawVectors
 *            whether those vectors come as they are where nobody asks for a length, as on Ollama's old route for vectors
 */
public record ModelHeader(String architecture, long parameterCount, String quantization, Optional<Long> contextLength,
        Optional<Long> embeddingLength, Optional<ChatTemplate> chatTemplate, boolean embedding,
        boolean rawVectors) {
    private static final Logger LOGGER = LoggerFactory.getLogger(ModelHeader.class);

    /** The numbers of {@code general.file_type}: llama.cpp's {@code enum llama_ftype}. */
    private static final Map<Long, String> FILE_TYPES = Map.ofEntries(Map.entry(0L, "F32"), Map.entry(1L, "F16"), Map
            .entry(2L, "Q4_0"), Map.entry(3L, "Q4_1"), Map.entry(7L, "Q8_0"), Map.entry(8L, "Q5_0"),
            Map.entry(9L, "Q5_1"), Map.entry(10L, "Q2_K"), Map.entry(11L, "Q3_K_S"), Map.entry(12L, "Q3_K_M"),
            Map.entry(13L, "Q3_K_L"), Map.entry(14L, "Q4_K_S"), Map.entry(15L, "Q4_K_M"), Map.entry(16L, "Q5_K_S"),
            Map.entry(17L, "Q5_K_M"), Map.entry(18L, "Q6_K"), Map.entry(19L, "IQ2_XXS"), Map.entry(20L, "IQ2_XS"),
            Map.entry(21L, "Q2_K_S"), Map.entry(22L, "IQ3_XS"), Map.entry(23L, "IQ3_XXS"), Map.entry(24L, "IQ1_S"),
            Map.entry(25L, "IQ4_NL"), Map.entry(26L, "IQ3_S"), Map.entry(27L, "IQ3_M"), Map.entry(28L, "IQ2_S"),
            Map.entry(29L, "IQ2_M"), Map.entry(30L, "IQ4_XS"), Map.entry(31L, "IQ1_M"), Map.entry(32L, "BF16"),
            Map.entry(36L, "TQ1_0"), Map.entry(37L, "TQ2_0"), Map.entry(38L, "MXFP4"));

    /**
     * Reads it.
     *
     * @throws ModelFormatException
     *             if the file does not say what it is
     */
    public static ModelHeader of(ModelSource source) {
        return of(source, Optional.empty(), Optional.empty());
    }

    /**
     * Reads it.
     *
     * @param goTemplate
     *            the Modelfile's template
     * @param preferModelfile
     *            whether that is taken in any case, or in none; empty to compare it with the file's
     * @throws ModelFormatException
     *             if the file does not say what it is
     */
    public static ModelHeader of(ModelSource source, Optional<String> goTemplate, Optional<Boolean> preferModelfile) {
        Metadata metadata = source.metadata();
        String architecture = metadata.string("general.architecture").orElseThrow(() -> new ModelFormatException(
                "%s: metadata 'general.architecture' is missing".formatted(source.location())));
        Optional<ChatTemplate> chatTemplate = ChatTemplate.choose(
                goTemplate.flatMap(text -> template(source, () -> Optional
                        .of(ChatTemplate.ofGoTemplate(text)))),
                template(source, () -> ChatTemplate.of(source)), preferModelfile);
        return new ModelHeader(architecture, parameterCount(source), quantization(source),
                metadata.integer(architecture + ".context_length"),
                metadata.integer(architecture + ".embedding_length"),
                chatTemplate, metadata.contains(architecture + ".pooling_type"), rawVectors(metadata, architecture));
    }

    /** Ollama's rule: what its own engine once gave for these models. */
    private static boolean rawVectors(Metadata metadata, String architecture) {
        String key = architecture + ".normalize_embeddings";
        return switch (architecture) {
            case "bert" -> !metadata.string("tokenizer.ggml.model").orElse("bert").equals("bert") || !metadata.bool(key)
                    .orElse(true);
            case "nomic-bert", "nomic-bert-moe" -> !metadata.bool(key).orElse(false);
            default -> false;
        };
    }

    private static Optional<ChatTemplate> template(ModelSource source, Supplier<Optional<ChatTemplate>> reading) {
        try {
            return reading.get();
        } catch (ChatTemplateException e) {
            LOGGER.warn("{}: a chat template cannot be used: {}", source.location(), e.getMessage());
            return Optional.empty();
        }
    }

    public static long parameterCount(ModelSource source) {
        return source.tensors().stream().mapToLong(ModelTensor::elementCount).sum();
    }

    private static String quantization(ModelSource source) {
        return source.metadata().integer("general.file_type").map(FILE_TYPES::get)
                .orElseGet(() -> majorityType(source));
    }

    /** The type of most of the weights: files need not state it. */
    private static String majorityType(ModelSource source) {
        Map<TensorType, Long> counts = new EnumMap<>(TensorType.class);
        for (ModelTensor tensor : source.tensors()) {
            counts.merge(tensor.type(), tensor.elementCount(), Long::sum);
        }
        return counts.entrySet().stream().max(Comparator.comparing(Map.Entry::getValue))
                .map(entry -> entry.getKey().name()).orElse("unknown");
    }

    /** The number of parameters as Ollama writes it: {@code 3.2B}, {@code 134.52M}, {@code 260K}. */
    public String parameterSize() {
        double count = parameterCount;
        if (count >= 1e9) {
            return count % 1e9 == 0 ? "%.0fB".formatted(count / 1e9) : format("%.1fB", count / 1e9);
        }
        if (count >= 1e6) {
            return count % 1e6 == 0 ? "%.0fM".formatted(count / 1e6) : format("%.2fM", count / 1e6);
        }
        return count >= 1e3 ? format("%.0fK", count / 1e3) : Long.toString(parameterCount);
    }

    private static String format(String pattern, double number) {
        return String.format(Locale.ROOT, pattern, number);
    }

    /** The source of the template in use. */
    public Optional<String> template() {
        return chatTemplate.map(ChatTemplate::source);
    }

    /** Whether the template lays out tools. */
    public boolean supportsTools() {
        return chatTemplate.map(ChatTemplate::supportsTools).orElse(false);
    }

    public boolean supportsThinking() {
        return chatTemplate.map(ChatTemplate::supportsThinking).orElse(false);
    }

    /** What the model can do through this server, in the API's words. */
    public List<String> capabilities() {
        List<String> capabilities = new ArrayList<>();
        capabilities.add(embedding ? "embedding" : "completion");
        if (supportsTools()) {
            capabilities.add("tools");
        }
        if (chatTemplate.map(ChatTemplate::supportsInsert).orElse(false)) {
            capabilities.add("insert");
        }
        if (supportsThinking()) {
            capabilities.add("thinking");
        }
        return capabilities;
    }
}
