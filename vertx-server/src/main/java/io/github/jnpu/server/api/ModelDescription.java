package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.server.create.StoredModelfile;
import io.github.jnpu.server.model.ModelHeader;

import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Everything that {@code /api/show} says of a model. */
final class ModelDescription {
    private static final String NO_TEMPLATE = "{{ .Prompt }}";

    private final StoredModel model;
    private final ModelHeader header;
    private final ModelSource source;
    private final Optional<String> system;
    private final Map<String, Object> parameters;
    private final Optional<String> template;

    private record Tensor(String name, String type, List<Long> shape) {}

    private record Message(String role, String content) {}

    ModelDescription(StoredModel model, ModelHeader header, ModelSource source, Optional<String> system,
            Map<String, Object> parameterOverrides, Optional<String> template) {
        this.model = model;
        this.header = header;
        this.source = source;
        this.system = system.or(() -> model.system().filter(text -> !text.isEmpty()));
        this.parameters = new TreeMap<>(model.parameters());
        this.parameters.putAll(parameterOverrides);
        this.template = template;
    }

    Map<String, Object> answer(ModelRoutes.Details details, boolean verbose, Optional<String> baseName) {
        Map<String, Object> answer = new LinkedHashMap<>();
        List<String> licenses = model.licenses();
        if (!licenses.isEmpty()) {
            answer.put("license", String.join("\n", licenses));
        }
        answer.put("modelfile", StoredModelfile.of(model, template, system, parameters));
        String lines = parameterLines();
        if (!lines.isEmpty()) {
            answer.put("parameters", lines);
        }
        // The one in effect.
        answer.put("template", template.or(header::template).or(model::template).orElse(NO_TEMPLATE));
        system.ifPresent(text -> answer.put("system", text));
        model.configuration().renderer().ifPresent(name -> answer.put("renderer", name));
        model.configuration().parser().ifPresent(name -> answer.put("parser", name));
        answer.put("details", details);
        List<ChatMessage> messages = model.messages();
        if (!messages.isEmpty()) {
            answer.put("messages", messages.stream().map(message -> new Message(message.role(), message.content()))
                    .toList());
        }
        answer.put("model_info", modelInfo(verbose, baseName));
        answer.put("tensors", source.tensors().stream().map(tensor -> new Tensor(tensor.name(), tensor.type().name(),
                reversed(tensor.shape()))).toList());
        answer.put("capabilities", header.capabilities());
        answer.put("modified_at", Timestamps.local(model.modifiedAt()));
        return answer;
    }

    /** The wire has the dimensions in the file's order, innermost first. */
    private static List<Long> reversed(long[] shape) {
        List<Long> dimensions = new ArrayList<>();
        for (long dimension : shape) {
            dimensions.add(dimension);
        }
        Collections.reverse(dimensions);
        return dimensions;
    }

    private Map<String, Object> modelInfo(boolean verbose, Optional<String> baseName) {
        Map<String, Object> info = new TreeMap<>();
        source.metadata().values().forEach((key, value) -> {
            if (!key.equals("general.name") && !key.equals("tokenizer.chat_template")) {
                info.put(key, value instanceof MetadataArray array ? verbose ? list(array) : null : finite(value));
            }
        });
        info.put("general.parameter_count", header.parameterCount());
        baseName.ifPresent(name -> info.put("general.basename", name));
        return info;
    }

    /** JSON has no word for what is no number. */
    private static Object finite(Object value) {
        boolean number = !(value instanceof Float f && !Float.isFinite(f))
                && !(value instanceof Double d && !Double.isFinite(d));
        return number ? value : null;
    }

    private static List<Object> list(MetadataArray array) {
        List<Object> list = new ArrayList<>(array.size());
        if (array.elements() instanceof List<?> elements) {
            for (Object element : elements) {
                list.add(element instanceof MetadataArray inner ? list(inner) : element);
            }
            return list;
        }
        for (int i = 0; i < array.size(); i++) {
            list.add(finite(widened(Array.get(array.elements(), i), array.unsigned())));
        }
        return list;
    }

    private static Object widened(Object element, boolean unsigned) {
        if (!unsigned) {
            return element;
        }
        return switch (element) {
            case Byte b -> Byte.toUnsignedInt(b);
            case Short s -> Short.toUnsignedInt(s);
            case Integer i -> Integer.toUnsignedLong(i);
            case Long l -> new BigInteger(Long.toUnsignedString(l));
            default -> element;
        };
    }

    /** A JSON value as the Java value that a parameter layer would give. */
    static Object plainValue(JsonNode node) {
        return WireJson.MAPPER.convertValue(node, Object.class);
    }

    /** One line for each value; the key takes 30 columns. */
    private String parameterLines() {
        List<String> lines = new ArrayList<>();
        parameters.forEach((key, value) -> {
            for (Object element : value instanceof List<?> list ? list : Collections.singletonList(value)) {
                lines.add(String.format(Locale.ROOT, "%-30s %s", key, element instanceof String text
                        ? quoted(text)
                        : String.valueOf(element)));
            }
        });
        return String.join("\n", lines);
    }

    /** As Go quotes a text. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x7f) {
                        quoted.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
