package io.github.jnpu.langchain4j.spring;

import dev.langchain4j.exception.LangChain4jException;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.store.ModelName;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.env.Environment;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A model that cannot be made, in one line with the properties at fault and one with the remedy, in place of a stack trace. */
final class ModelFailureAnalyzer implements FailureAnalyzer {
    private static final Map<String, String> GROUPS = Map.of(
            "npuChatModel", NpuProperties.PREFIX + ".chat-model",
            "npuStreamingChatModel", NpuProperties.PREFIX + ".streaming-chat-model",
            "npuEmbeddingModel", NpuProperties.PREFIX + ".embedding-model",
            "npuScoringModel", NpuProperties.PREFIX + ".scoring-model");

    private final Environment environment;

    ModelFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    public FailureAnalysis analyze(Throwable failure) {
        String group = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BeanCreationException creation && creation.getBeanName() != null) {
                group = GROUPS.getOrDefault(creation.getBeanName(), group);
            } else if (group != null && isOfModel(cause)) {
                return new FailureAnalysis("%s: %s".formatted(group, cause.getMessage()), remedy(group, cause),
                        failure);
            }
        }
        return null;
    }

    private static boolean isOfModel(Throwable cause) {
        return cause instanceof LangChain4jException || cause instanceof EngineException
                || cause instanceof IllegalArgumentException;
    }

    private String remedy(String group, Throwable cause) {
        return nameToPull(group, cause)
                .map(name -> "Fetch the model with 'jnpu pull %s', or let the application do it: %s.pull=true"
                        .formatted(name, group))
                .orElse("Change %s as the description says.".formatted(group));
    }

    /** Empty where a download would not help. */
    private Optional<String> nameToPull(String group, Throwable cause) {
        return Optional.ofNullable(environment.getProperty(group + ".model-name"))
                // Folders with ONNX files are in no registry.
                .filter(_ -> !group.equals(GROUPS.get("npuScoringModel")))
                .filter(_ -> cause.getCause() instanceof ModelNotFoundException)
                .filter(name -> !name.toLowerCase(Locale.ROOT).endsWith(".gguf") && ModelName.parse(name).isPresent())
                .filter(_ -> !environment.getProperty(group + ".pull", Boolean.class, false));
    }
}
