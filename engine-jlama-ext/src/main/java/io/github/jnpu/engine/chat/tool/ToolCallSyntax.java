package io.github.jnpu.engine.chat.tool;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * How a model writes its calls.
 *
 * @param openings
 *            what a call, or a list of calls, begins with
 * @param closings
 *            what ends it
 * @param fillers
 *            what else stands around the calls and means nothing
 * @param bare
 *            whether an answer that is JSON from its first character is a call
 */
public record ToolCallSyntax(List<String> openings, List<String> closings, List<String> fillers, boolean bare) {
    private static final List<String> FENCES = List.of("```json", "```");
    private static final String HERMES = "<tool_call>";
    private static final String MISTRAL = "[TOOL_CALLS]";
    private static final String PYTHON = "<|python_tag|>";
    private static final String GRANITE = "<|tool_call|>";
    private static final String DEEPSEEK = "<｜tool▁calls▁begin｜>";
    private static final String DEEPSEEK_ASCII = "<|tool▁calls▁begin|>";

    /** In the order in which they are looked for: templates of later families quote the tags of earlier ones. */
    private static final List<String> KNOWN = List.of(DEEPSEEK, DEEPSEEK_ASCII, MISTRAL, GRANITE, PYTHON, HERMES);

    public ToolCallSyntax {
        openings = List.copyOf(openings);
        closings = List.copyOf(closings);
        fillers = List.copyOf(fillers);
    }

    /** Bare JSON objects. */
    public static final ToolCallSyntax JSON = new ToolCallSyntax(List.of(), List.of(), FENCES, true);

    /**
     * The calls of a template that says nothing but its text: the first known tag that it mentions, else bare JSON.
     *
     * @param mentions
     *            whether the template contains a text
     */
    public static ToolCallSyntax ofTemplate(Predicate<String> mentions) {
        return KNOWN.stream().filter(mentions).findFirst().map(ToolCallSyntax::ofTag).orElse(JSON);
    }

    /**
     * The calls that begin with a tag; {@code &#123;} and {@code [} stand for bare JSON.
     *
     * @param tag
     *            one of a known family, or another, which JSON follows
     */
    public static ToolCallSyntax ofTag(String tag) {
        if (tag.equals("{") || tag.equals("[")) {
            return JSON;
        }
        return KNOWN.stream().filter(tag::startsWith).findFirst().map(ToolCallSyntax::family).orElseGet(() -> {
            List<String> closings = new ArrayList<>();
            closing(tag).ifPresent(closings::add);
            return new ToolCallSyntax(List.of(tag), closings, FENCES, false);
        });
    }

    private static ToolCallSyntax family(String opening) {
        return switch (opening) {
            case HERMES -> new ToolCallSyntax(List.of(HERMES), List.of("</tool_call>"), FENCES, false);
            case MISTRAL ->
                new ToolCallSyntax(List.of(MISTRAL), List.of("[/TOOL_CALLS]"), List.of("[ARGS]", "[CALL_ID]",
                        "```json", "```"), false);
            // Llama 3 writes the tag before code and, now and then, before JSON; without it JSON comes first.
            case PYTHON -> new ToolCallSyntax(List.of(PYTHON), List.of("<|eom_id|>", "<|eot_id|>"), FENCES, true);
            case GRANITE -> new ToolCallSyntax(List.of(GRANITE, HERMES), List.of("<|/tool_call|>", "</tool_call>"),
                    FENCES, false);
            case DEEPSEEK -> deepSeek('｜');
            default -> deepSeek('|');
        };
    }

    private static ToolCallSyntax deepSeek(char bar) {
        String tag = "<" + bar + "tool▁%s" + bar + ">";
        return new ToolCallSyntax(List.of(tag.formatted("calls▁begin")), List.of(tag.formatted("calls▁end")), List.of(
                "function" + tag.formatted("sep"), tag.formatted("call▁begin"), tag.formatted("call▁end"), tag
                        .formatted("sep"),
                "```json", "```"), false);
    }

    /** {@code </x>} for {@code <x>}, {@code [/X]} for {@code [X]}. */
    private static Optional<String> closing(String tag) {
        boolean bracketed = tag.length() > 2 && (tag.startsWith("<") && tag.endsWith(">") || tag.startsWith("[") && tag
                .endsWith("]"));
        return bracketed ? Optional.of(tag.charAt(0) + "/" + tag.substring(1)) : Optional.empty();
    }

    /** The tags that may be single tokens of a vocabulary, which text leaves out unless it is asked for. */
    public List<String> tags() {
        List<String> tags = new ArrayList<>(openings);
        tags.addAll(closings);
        fillers.stream().filter(filler -> !filler.startsWith("`")).forEach(tags::add);
        tags.remove("<|eom_id|>");
        tags.remove("<|eot_id|>");
        return tags;
    }
}
