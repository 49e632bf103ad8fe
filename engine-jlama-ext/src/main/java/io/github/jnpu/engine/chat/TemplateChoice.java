package io.github.jnpu.engine.chat;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Decides between a Modelfile's Go template and a model file's Jinja template, by Ollama's rules. */
final class TemplateChoice {
    private static final List<String> TOOL_RESULTS = List.of("tool_response", "tool_results", "role'] == 'tool'",
            "role'] == \"tool\"", "role\"] == 'tool'", "role\"] == \"tool\"", "message.role == 'tool'",
            "message.role == \"tool\"", "ipython");

    private enum Capability {
        TOOLS,
        THINKING,
        INSERT
    }

    private TemplateChoice() {}

    static Optional<ChatTemplate> choose(Optional<ChatTemplate> modelfile, Optional<ChatTemplate> file,
            Optional<Boolean> preferModelfile) {
        if (modelfile.isEmpty() || file.isEmpty()) {
            return modelfile.or(() -> file);
        }
        boolean takesFile = preferModelfile.map(wish -> !wish).orElseGet(() -> prefersFile(modelfile.get(), file
                .get()));
        return takesFile ? file : modelfile;
    }

    private static boolean prefersFile(ChatTemplate modelfile, ChatTemplate file) {
        if (modelfile.syntax().isHarmony()) {
            return false;
        }
        Set<Capability> ofModelfile = capabilities(modelfile);
        Set<Capability> ofFile = capabilities(file);
        boolean modelfileReturns = modelfile instanceof GoChatTemplate go && go.laysOutToolResults();
        if (ofFile.size() > ofModelfile.size()) {
            return !modelfileReturns || laysOutToolResults(file.source());
        }
        return ofFile.equals(ofModelfile) && ofFile.contains(Capability.TOOLS) && laysOutToolResults(file.source())
                && !modelfileReturns;
    }

    private static Set<Capability> capabilities(ChatTemplate template) {
        Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
        if (template.supportsTools()) {
            capabilities.add(Capability.TOOLS);
        }
        if (template.supportsThinking()) {
            capabilities.add(Capability.THINKING);
        }
        if (template.supportsInsert()) {
            capabilities.add(Capability.INSERT);
        }
        return capabilities;
    }

    private static boolean laysOutToolResults(String source) {
        return (source.contains("tool_calls") || source.contains("assistant_tool_call"))
                && TOOL_RESULTS.stream().anyMatch(source::contains);
    }
}
