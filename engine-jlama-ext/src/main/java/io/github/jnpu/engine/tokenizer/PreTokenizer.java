package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.engine.tokenizer.CharacterRun.Before;
import io.github.jnpu.engine.tokenizer.GeneralWords.Place;
import io.github.jnpu.engine.tokenizer.GeneralWords.Tail;
import io.github.jnpu.engine.tokenizer.GeneralWords.Word;

import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

import static io.github.jnpu.engine.tokenizer.CharacterRun.in;
import static io.github.jnpu.engine.tokenizer.CharacterRun.of;
import static io.github.jnpu.engine.tokenizer.CharacterRun.ofClass;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.LETTER;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.NUMBER;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.PUNCTUATION;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.SPACE;

/**
 * How byte-level BPE cuts a text into words before it merges, by the name in {@code tokenizer.ggml.pre}.
 *
 * <p>The names, the expressions and what goes with a name are those of llama.cpp's {@code llama-vocab.cpp} (November
 * 2026); each step splits the parts that the one before it left.
 *
 * @param steps
 *            one or more
 * @param ignoresMerges
 *            a word that is a token is that token, whatever the merges say
 * @param addsBos
 *            whether prompts start with BOS if the file does not say
 * @param defaultBos
 *            whether there is a BOS token if the file does not name one
 */
record PreTokenizer(List<Splitter> steps, boolean ignoresMerges, boolean addsBos, boolean defaultBos) {
    private static final Gpt2Words GPT2 = new Gpt2Words();
    private static final Splitter DIGIT = ofClass(NUMBER).times(1, 1);
    private static final Splitter THREE_DIGITS = ofClass(NUMBER).times(1, 3);
    private static final Splitter NUMBERS = ofClass(NUMBER);
    private static final Splitter THREE_ASCII_DIGITS = of(in('0', '9')).times(3, 3);
    private static final Splitter LINE_BREAK = of(in('\n', '\n', '\r', '\r')).times(1, 1);
    private static final Splitter LINES = (WordPattern) (text, position, start, end) -> {
        boolean breaks = text.points[position] == '\n';
        int i = position;
        while (i < end && (text.points[i] == '\n') == breaks) {
            i++;
        }
        return i;
    };
    private static final Splitter TRAILING_SPACE = (text, start, end, ends) -> {
        int i = end;
        while (i > start && text.is(i - 1, end, SPACE)) {
            i--;
        }
        if (i > start && i < end) {
            ends.add(i);
        }
        ends.add(end);
    };
    // Chinese, Japanese and Korean as DeepSeek's first models cut them, and much besides: U+0800 to U+4E00.
    private static final Splitter DEEPSEEK_ASIAN = of(in(0x4e00, 0x9fa5, 0x800, 0x4e00, 0xac00, 0xd7ff));
    private static final Splitter HAN_AND_KANA = of(in(0x4e00, 0x9fa5, 0x3040, 0x309f, 0x30a0, 0x30ff));
    private static final GeneralWords LLAMA3 = new GeneralWords(Place.BEFORE, Word.LETTERS, 3, Tail.NEWLINES);
    private static final GeneralWords QWEN2 = new GeneralWords(Place.BEFORE, Word.LETTERS, 1, Tail.NEWLINES);

    /** For files without a name or with an unknown one. */
    static final PreTokenizer DEFAULT = steps(of(punctuationOr("$+<=>^~|")), GPT2, NUMBERS, THREE_ASCII_DIGITS);

    /** The pre-tokenizer of this name, if it is known. */
    static Optional<PreTokenizer> named(String name) {
        return Optional.ofNullable(switch (name) {
            case "default" -> DEFAULT;
            case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
                    "jina-v5-nano" ->
                steps(LLAMA3)
                        .ignoringMerges().withBos();
            case "dbrx", "smaug-bpe" -> steps(LLAMA3);
            case "glm4", "chatglm-bpe" -> new PreTokenizer(List.of(LLAMA3), false, false, false);
            case "minicpm5" ->
                steps(THREE_DIGITS, new GeneralWords(Place.BEFORE, Word.LETTERS, Integer.MAX_VALUE, Tail.NEWLINES))
                        .ignoringMerges();
            case "jais-2" -> steps(LLAMA3, (WordPattern) PreTokenizer::powerOfTwoSpaces);
            case "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open",
                    "grok-2", "bailingmoe", "bailingmoe2", "llada-moe" ->
                steps(
                        QWEN2);
            case "qwen35" -> steps(new GeneralWords(Place.BEFORE, Word.LETTERS_AND_MARKS, 1, Tail.NEWLINES));
            case "laguna" -> steps(LINES, QWEN2);
            case "ufakzeka" -> steps(new GeneralWords(Place.NONE, Word.LETTERS, 1, Tail.NEWLINES));
            case "seed-coder" -> steps(new GeneralWords(Place.BEFORE, Word.LETTERS, 1, Tail.NOTHING));
            case "exaone-moe" -> steps(new GeneralWords(Place.BEFORE, Word.PHRASES, 1, Tail.ONE_NEWLINE_OR_SLASH));
            case "tekken" ->
                steps(new GeneralWords(Place.NONE, Word.CASED, 1, Tail.NEWLINES_AND_SLASHES)).ignoringMerges()
                        .withBos();
            case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2" -> steps(
                    new GeneralWords(Place.AFTER, Word.CASED, 3, Tail.NEWLINES_AND_SLASHES));
            case "granite-embed-multi-97m" -> steps(
                    new GeneralWords(Place.AFTER, Word.CASED_WITH_MARKS, 3, Tail.NEWLINES_AND_SLASHES))
                    .ignoringMerges();
            case "tiny_aya", "cohere2moe" -> steps(DigitGroups.WITH_TEXT_BEFORE,
                    new GeneralWords(Place.AFTER, Word.LETTERS_OR_MARKS, 3, Tail.NEWLINES_AND_SLASHES));
            case "youtu" -> steps((WordPattern) PreTokenizer::youtuScripts,
                    new GeneralWords(Place.AFTER, Word.LETTERS_OR_MARKS, 1, Tail.NEWLINES_AND_SLASHES))
                    .ignoringMerges();
            case "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum",
                    "modern-bert", "jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "exaone4",
                    "trillion", "granite-docling" ->
                steps(
                        GPT2);
            case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2" ->
                steps(DIGIT,
                        GPT2);
            case "falcon" -> steps(of(punctuationOr("$+<=>^~|`")), GPT2, THREE_ASCII_DIGITS);
            case "superbpe" -> steps(NUMBERS, DigitGroups.BETWEEN);
            case "poro-chat", "bloom", "gpt3-finnish" -> steps(bloomWords());
            case "viking" -> steps(bloomWords(), DIGIT);
            case "deepseek-llm" -> steps(LINE_BREAK, of(CasedLetters::contains).after(Before.WHITE_SPACE),
                    of(in('!', '/', ':', '~', 0xff01, 0xff0f, 0xff1a, 0xff5e, 0x2018, 0x201f, 0x3000, 0x3002))
                            .after(Before.WHITE_SPACE),
                    TRAILING_SPACE, DEEPSEEK_ASIAN, NUMBERS);
            case "deepseek-coder" -> steps(LINE_BREAK, ofClass(LETTER).after(Before.WHITE_SPACE),
                    ofClass(PUNCTUATION).after(Before.WHITE_SPACE), DEEPSEEK_ASIAN, DIGIT);
            case "deepseek-v3", "hunyuan-dense", "hy_v4", "joyai-llm" -> steps(THREE_DIGITS, HAN_AND_KANA,
                    new DeepSeekWords(false));
            case "spark2_5" -> steps(THREE_DIGITS, HAN_AND_KANA, new DeepSeekWords(true), DIGIT);
            case "afmoe" -> steps(DigitGroups.WITH_TEXT_BEFORE,
                    of(in(0x4e00, 0x9fff, 0x3400, 0x4dbf, 0xf900, 0xfaff, 0x3040,
                            0x309f, 0x30a0, 0x30ff, 0xff65, 0xff9f, 0x2f00, 0x2fdf, 0xe00, 0xe7f, 0xe80, 0xeff, 0x1780,
                            0x17ff, 0x1000,
                            0x109f, 0xaa60, 0xaa7f, 0xa9e0, 0xa9ff, 0xac00, 0xd7af, 0x1100, 0x11ff)),
                    new DeepSeekWords(false));
            default -> null;
        });
    }

    /** The ends of the words of a text, in order. */
    IntSequence split(CodePoints text) {
        IntSequence ends = new IntSequence(text.length / 4 + 8);
        if (text.length == 0) {
            return ends;
        }
        steps.getFirst().split(text, 0, text.length, ends);
        for (Splitter step : steps.subList(1, steps.size())) {
            IntSequence finer = new IntSequence(ends.size() + ends.size() / 4);
            int start = 0;
            for (int i = 0; i < ends.size(); i++) {
                step.split(text, start, ends.get(i), finer);
                start = ends.get(i);
            }
            ends = finer;
        }
        return ends;
    }

    private static PreTokenizer steps(Splitter... steps) {
        return new PreTokenizer(List.of(steps), false, false, true);
    }

    private PreTokenizer ignoringMerges() {
        return new PreTokenizer(steps, true, addsBos, defaultBos);
    }

    private PreTokenizer withBos() {
        return new PreTokenizer(steps, ignoresMerges, true, defaultBos);
    }

    private static IntPredicate punctuationOr(String more) {
        IntPredicate punctuation = CharacterRun.isOf(PUNCTUATION);
        return point -> punctuation.test(point) || point < 0x80 && more.indexOf(point) >= 0;
    }

    /** {@code  ?[^(\s|.,!?…。，、।۔،)]+}; the parentheses and the bar are members of the class. */
    private static Splitter bloomWords() {
        String excluded = "(|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)";
        return of(point -> !UnicodeClass.isSpace(point) && excluded.indexOf(point) < 0).after(Before.SPACE);
    }

    /**
     * Cuts a run of white space, but no line breaks, in parts of 512, 256, ... 4, 2, 1. Only such runs end in white space
     * that is no line break.
     */
    private static int powerOfTwoSpaces(CodePoints text, int position, int start, int end) {
        if (!text.is(end - 1, end, SPACE) || text.isNewline(end - 1, end)) {
            return end;
        }
        return position + Math.min(512, Integer.highestOneBit(end - position));
    }

    private static final IntPredicate HANGUL = in(0xac00, 0xd7a3, 0x3131, 0x318e);
    private static final IntPredicate ASIAN_PUNCTUATION = in(0xff01, 0xff01, 0x2026, 0x2026, 0x201c, 0x201d, 0x2018,
            0x2019,
            0x2014, 0x2014, 0xff1a, 0xff1b, 0xff0c, 0xff0c, 0x3001, 0x303f, 0xfe30, 0xfe4f);
    private static final IntPredicate BOPOMOFO = in(0x3105, 0x312f);
    private static final IntPredicate HAN_OR_KANA = in(0x4e00, 0x9fa5, 0x3040, 0x309f, 0x30a0, 0x30ff);

    private static int youtuScripts(CodePoints text, int position, int start, int end) {
        for (IntPredicate script : List.of(HANGUL, ASIAN_PUNCTUATION, BOPOMOFO, HAN_OR_KANA)) {
            int i = position;
            while (i < end && script.test(text.points[i])) {
                i++;
            }
            if (i > position) {
                return i;
            }
        }
        return -1;
    }
}
