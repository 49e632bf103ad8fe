package io.github.jnpu.langchain4j;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Makes models that say a script, whatever they are asked: each token's embedding points at the next one, and the layers add
 * nothing.
 */
final class ScriptedModel {
    /** Lays out everything that a conversation with tools has, and quotes the tags of calls and thoughts. */
    static final String TEMPLATE = """
            {%- if tools %}TOOLS:{% for tool in tools %}{{ tool | tojson }}{% endfor %}
            {% endif -%}
            {%- for m in messages -%}
            {{ m.role }}:{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }} {{ c.function.arguments | tojson }}</tool_call>{% endfor %}
            {% endfor -%}
            <|go|>""";
    static final String THINKING_TEMPLATE = "{% for m in messages %}{{ m.role }}:{{ m.content }}\n{% endfor %}"
            + "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}<|go|>";
    static final String PLAIN_TEMPLATE = "{% for m in messages %}{{ m.role }}:{{ m.content }}\n{% endfor %}<|go|>";
    /** What a prompt ends with, and the beginning of other signs. */
    private static final String SIGN = "<|go";
    private static final String GO = SIGN + "|>";
    private static final int FIRST = 300;
    private static final int END = 2;

    private ScriptedModel() {}

    /**
     * Writes a model that says one thing.
     *
     * @param script
     *            one token each, all different
     */
    static Path write(Path file, String template, List<String> script) throws IOException {
        return write(file, template, new Chains().add(GO, script, 1));
    }

    /** Which token follows which, and how strongly. */
    static final class Chains {
        private final List<String> tokens = new ArrayList<>();
        private final List<Link> links = new ArrayList<>();

        private record Link(int from, int to, float strength) {}

        /**
         * What is said behind a sign; two scripts behind one sign are its first and second thought, as a grammar may not let the first through.
         *
         * @param script
         *            one token each; none may be in another script
         */
        Chains add(String sign, List<String> script, float strength) {
            int from = tokens.indexOf(sign) < 0 ? token(sign) : tokens.indexOf(sign);
            float next = strength;
            for (String text : script) {
                int to = token(text);
                links.add(new Link(from, to, next));
                from = to;
                next = 1;
            }
            links.add(new Link(from, END - FIRST, 1));
            return this;
        }

        private int token(String text) {
            if (tokens.contains(text)) {
                throw new IllegalArgumentException("two scripts have the token '%s'".formatted(text));
            }
            tokens.add(text);
            return tokens.size() - 1;
        }
    }

    static Path write(Path file, String template, Chains chains) throws IOException {
        Path random = file.resolveSibling("random-" + file.getFileName());
        int width = Math.max(256, (chains.tokens.size() + 31) / 32 * 32);
        new RandomModel("llama",
                new ModelSize(width, 1, 4, 2, 64, 512, Math.max(512, FIRST + chains.tokens.size()), 4096),
                FileType.Q8_0, false, 1).write(random);
        try (GgufFile original = GgufFile.open(random); Arena arena = Arena.ofConfined()) {
            List<String> tokens = new ArrayList<>(original.metadata().strings("tokenizer.ggml.tokens"));
            int[] types = new int[tokens.size()];
            for (int i = 0; i < types.length; i++) {
                types[i] = i < 3 ? 3 : i < 259 ? 6 : 1;
            }
            float[] embedding = new float[tokens.size() * width];
            float[] output = new float[tokens.size() * width];
            for (int i = 0; i < chains.tokens.size(); i++) {
                tokens.set(FIRST + i, chains.tokens.get(i));
                types[FIRST + i] = chains.tokens.get(i).startsWith(SIGN) ? 3 : 4;
                embedding[(FIRST + i) * width + i] = 1;
            }
            chains.links.forEach(link -> output[(FIRST + link.to) * width + link.from] = link.strength);
            GgufWriter writer = new GgufWriter();
            writer.copyMetadata(original.metadata(), Set.of("tokenizer.ggml.tokens", "tokenizer.ggml.token_type",
                    "tokenizer.chat_template"));
            writer.putStrings("tokenizer.ggml.tokens", tokens);
            writer.put("tokenizer.ggml.token_type", new MetadataArray(types, false));
            writer.put("tokenizer.chat_template", template);
            original.tensors().forEach(tensor -> {
                if (tensor.name().contains("attn_output") || tensor.name().contains("ffn_down")) {
                    writer.tensor(tensor.name(), tensor.type(), tensor.shape(), arena.allocate(tensor.data()
                            .byteSize()));
                } else if (!Set.of("token_embd.weight", "output.weight").contains(tensor.name())) {
                    writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data());
                }
            });
            long[] shape = {tokens.size(), width};
            writer.tensor("token_embd.weight", TensorType.F32, shape, arena.allocateFrom(ValueLayout.JAVA_FLOAT,
                    embedding));
            writer.tensor("output.weight", TensorType.F32, shape, arena.allocateFrom(ValueLayout.JAVA_FLOAT, output));
            writer.write(file);
        }
        return file;
    }
}
