package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.Metadata;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Finds the tokens with a role that files do not name: by their spelling, as llama.cpp does, whose lists these are. Types
 * in the file that contradict the role are corrected.
 */
final class SpecialTokens {
    private static final List<String> END_OF_TURN = List.of("<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>",
            "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>", "[EOT]", "<｜end▁of▁sentence｜>",
            "<end_of_utterance>");
    private static final List<String> ENDS = List.of("<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>",
            "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>",
            "[EOT]",
            "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
            "<｜end▁of▁sentence｜>", "[e~[");
    private static final Set<String> HARMONY = Set.of("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>");
    private static final List<String> INFILL_PREFIX = List.of("<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>",
            "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>");
    private static final List<String> INFILL_SUFFIX = List.of("<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>",
            "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>");
    private static final List<String> INFILL_MIDDLE = List.of("<|fim_middle|>", "<fim-middle>", "<fim_middle>",
            "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>");
    private static final List<String> INFILL_PADDING = List.of("<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>",
            "[PAD]");
    private static final List<String> INFILL_REPOSITORY = List.of("<|fim_repo|>", "<|repo_name|>", "<fim-repo>",
            "<REPO>",
            "<reponame>");
    private static final List<String> INFILL_SEPARATOR = List.of("<|file_sep|>");

    private final Metadata metadata;
    private final Vocabulary vocabulary;
    private final int[] types;
    private final BitSet ends = new BitSet();

    /**
     * Finds them.
     *
     * @param types
     *            bits of {@link TokenType} by id; corrected in place
     */
    SpecialTokens(Metadata metadata, Vocabulary vocabulary, int[] types) {
        this.metadata = metadata;
        this.vocabulary = vocabulary;
        this.types = types;
        int endOfTurn = named("eot", END_OF_TURN);
        int endOfMessage = named("eom", List.of("<|eom_id|>"));
        named("fim_pre", INFILL_PREFIX);
        named("fim_suf", INFILL_SUFFIX);
        named("fim_mid", INFILL_MIDDLE);
        add(named("fim_pad", INFILL_PADDING));
        add(named("fim_rep", INFILL_REPOSITORY));
        add(named("fim_sep", INFILL_SEPARATOR));
        for (String end : ENDS) {
            int id = vocabulary.idOf(end);
            if (id >= 0) {
                types[id] |= TokenType.CONTROL;
                add(id);
            }
        }
        for (String shown : HARMONY) {
            int id = vocabulary.idOf(shown);
            if (id >= 0) {
                types[id] = TokenType.USER_DEFINED;
            }
        }
        add(vocabulary.eos);
        add(endOfTurn);
        add(endOfMessage);
        exceptions();
        stripping();
    }

    BitSet endOfGeneration() {
        return ends;
    }

    private void add(int id) {
        if (id >= 0) {
            ends.set(id);
        }
    }

    /** The token that metadata names for a role, or the first of these spellings, which then is a control token. */
    private int named(String role, List<String> spellings) {
        int named = vocabulary.role(metadata, role);
        if (named >= 0) {
            return named;
        }
        for (String spelling : spellings) {
            int id = vocabulary.idOf(spelling);
            if (id >= 0) {
                types[id] |= TokenType.CONTROL;
                return id;
            }
        }
        return Vocabulary.NONE;
    }

    private void exceptions() {
        int end = vocabulary.idOf("<|end|>");
        boolean calls = endsWith("<|call|>") || endsWith("<|calls|>");
        if (end >= 0 && ends.get(end) && calls && (endsWith("<|return|>") || endsWith("<|flush|>"))) {
            // There <|end|> ends a part of the answer, not the answer.
            ends.clear(end);
            types[end] = TokenType.USER_DEFINED;
        }
        if (endsWith("<|tool_response>") && endsWith("</s>")) {
            int id = vocabulary.idOf("</s>");
            ends.clear(id);
            types[id] = TokenType.NORMAL;
        }
    }

    private boolean endsWith(String spelling) {
        int id = vocabulary.idOf(spelling);
        return id >= 0 && ends.get(id);
    }

    /** Which tokens swallow white space is not in the file: llama.cpp goes by the model's name. */
    private void stripping() {
        String pre = metadata.string("tokenizer.ggml.pre").orElse("");
        String architecture = metadata.string("general.architecture").orElse("");
        String name = metadata.string("general.name").orElse("").toLowerCase(Locale.ROOT);
        if (pre.contains("jina-v2-de") || pre.contains("jina-v2-es") || pre.contains("jina-v2-code")
                || architecture.contains("nomic-bert-moe") || architecture.contains("jina-bert-v3")) {
            mark("<mask>", TokenType.STRIPS_LEFT);
        } else if (name.contains("phi-3") || name.contains("phi3")) {
            for (int id = 0; id < types.length; id++) {
                if ((types[id] & SpecialTokenSplitter.SEARCHED) != 0) {
                    types[id] |= TokenType.STRIPS_RIGHT;
                }
            }
            mark("</s>", TokenType.STRIPS_RIGHT);
            for (String plain : List.of("<unk>", "<s>", "<|endoftext|>")) {
                int id = vocabulary.idOf(plain);
                if (id >= 0) {
                    types[id] &= ~TokenType.STRIPS_RIGHT;
                }
            }
        } else if (name.contains("modern-bert")) {
            mark("[MASK]", TokenType.STRIPS_LEFT);
        }
    }

    private void mark(String spelling, int bit) {
        int id = vocabulary.idOf(spelling);
        if (id >= 0) {
            types[id] |= bit;
        }
    }
}
