package io.github.jnpu.langchain4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A model that answers by rote: its template looks for words in the conversation and ends the prompt with the sign of one of its scripts, and its weights say what
 * stands behind that sign. What it says is right as far as somebody wrote it down; that it is asked, held to schemas, read and handed over rightly is
 * what it shows.
 */
final class ScriptBook {
    /** Between the tokens of a script. */
    private static final String CUT = "~";

    private record Page(boolean behindResult, List<String> words, String script, String second) {}

    private final List<Page> pages = new ArrayList<>();
    private final List<String> used = new ArrayList<>();
    private String called = "";

    /**
     * What to say to a question.
     *
     * @param words
     *            all of them are in the conversation; of several pages the first is taken
     */
    ScriptBook asked(String script, String... words) {
        pages.add(new Page(false, List.of(words), script, ""));
        return this;
    }

    /** What to say to a question, and what instead where a schema does not let it through. */
    ScriptBook askedOr(String script, String second, String... words) {
        pages.add(new Page(false, List.of(words), script, second));
        return this;
    }

    /** What to say when the conversation ends with a tool's result. */
    ScriptBook told(String script, String... words) {
        pages.add(new Page(true, List.of(words), script, ""));
        return this;
    }

    /** As {@link #told}, and what instead where a schema does not let it through. */
    ScriptBook toldOr(String script, String second, String... words) {
        pages.add(new Page(true, List.of(words), script, second));
        return this;
    }

    /** What to call where a call is required. */
    ScriptBook required(String script) {
        called = script;
        return this;
    }

    /** A call as Hermes models write it; arguments of JSON. */
    static String call(String name, String arguments) {
        return "<tool_call>{\"name\": \"%s\", \"arguments\": ".formatted(name) + CUT + arguments + CUT
                + "}</tool_call>";
    }

    Path write(Path file) throws IOException {
        ScriptedModel.Chains chains = new ScriptedModel.Chains();
        StringBuilder choice = new StringBuilder();
        for (int i = 0; i < pages.size(); i++) {
            Page page = pages.get(i);
            String sign = "<|go%d|>".formatted(i);
            chains.add(sign, tokens(page.script), 1);
            if (!page.second.isEmpty()) {
                chains.add(sign, tokens(page.second), 0.5f);
            }
            choice.append(
                    "{%%- %s told == %s%s %%}%s".formatted(i == 0 ? "if" : "elif", page.behindResult ? "true" : "false",
                            page.words.stream().map(word -> " and \"%s\" in talk.text".formatted(word))
                                    .collect(Collectors
                                            .joining()),
                            sign));
        }
        if (!called.isEmpty()) {
            chains.add("<tool_call>", List.of(called), 1);
        }
        return ScriptedModel.write(file, """
                {%- set talk = namespace(text='') -%}
                {%- set told = messages[-1].role == 'tool' -%}
                {%- for tool in tools or [] %}{{ tool.function.name }}
                {% endfor -%}
                {%- for m in messages -%}
                {%- set talk.text = talk.text + m.role + ': ' + m.content + '\n' -%}
                {%- for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }}</tool_call>{% endfor -%}
                {%- endfor -%}
                {{ talk.text }}
                """.strip() + choice + "{%- endif %}", chains);
    }

    /** No two tokens have the same text; a space more or less is all the same to JSON and to people. */
    private List<String> tokens(String script) {
        List<String> tokens = new ArrayList<>();
        for (String text : script.split(CUT)) {
            String own = text;
            while (used.contains(own)) {
                own = distinct(own);
            }
            used.add(own);
            tokens.add(own);
        }
        return tokens;
    }

    /** JSON may have a line end and spaces behind a bracket, and before one. */
    private static String distinct(String text) {
        if (text.startsWith("\n") || text.contains("{\n")) {
            return text.replaceFirst("\n", "\n ");
        }
        return text.startsWith("}") ? "\n" + text : text.contains("{") ? text.replaceFirst("\\{", "{\n") : " " + text;
    }
}
