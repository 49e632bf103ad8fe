package io.github.jnpu.engine.jlama;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.github.tjake.jlama.model.functions.Generator.FinishReason;
import com.github.tjake.jlama.model.functions.Generator.Response;
import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import com.github.tjake.jlama.safetensors.prompt.Tool;
import com.github.tjake.jlama.safetensors.prompt.ToolCall;
import com.github.tjake.jlama.util.JsonSupport;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** Finds in an answer the calls of tools that jlama's prompt offered, by jlama's rules. */
final class ToolCalls {
    private static final Logger LOGGER = System.getLogger(ToolCalls.class.getName());

    private ToolCalls() {}

    /** The response with the calls in it, or as it is if there are none. */
    static Response addTo(PromptContext prompt, Response response) {
        List<Tool> tools = prompt.getTools().orElse(List.of());
        if (response.finishReason != FinishReason.STOP_TOKEN || tools.stream()
                .noneMatch(tool -> response.responseText.contains(tool.getFunction().getName()))) {
            return response;
        }
        List<ToolCall> calls = new ArrayList<>();
        try {
            for (String json : JsonSupport.extractJsonFromString(response.responseText)) {
                if (json.startsWith("[")) {
                    calls.addAll(JsonSupport.om.readValue(json, new TypeReference<List<ToolCall>>() {
                    }));
                } else {
                    calls.add(JsonSupport.om.readValue(json, ToolCall.class));
                }
            }
        } catch (JsonProcessingException e) {
            // Text that mentions a tool is text: the caller gets it as such.
            LOGGER.log(Level.DEBUG, "the answer names a tool but holds no call", e);
            return response;
        }
        List<ToolCall> known = calls.stream().distinct()
                .filter(call -> tools.stream().anyMatch(tool -> tool.getFunction().getName().equals(call.getName())))
                .toList();
        for (int i = 0; i < known.size(); i++) {
            known.get(i).setId("%09d".formatted(i));
        }
        return known.isEmpty() ? response : response.copyWithToolCalls(known);
    }
}
