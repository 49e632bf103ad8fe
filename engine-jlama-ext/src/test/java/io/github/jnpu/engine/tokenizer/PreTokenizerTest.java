package io.github.jnpu.engine.tokenizer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Words cut by hand after each expression; in the cases {@code _} is a space, {@code ^} a line break and {@code |} a cut. */
class PreTokenizerTest {

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
            qwen2; 1234.5 ; 1|2|3|4|.|5
            qwen2; x_12 ; x|_|1|2
            qwen2; I'M_we'Ll_'tis_don'T_'x ; I|'M|_we|'Ll|_'|tis|_don|'T|_'|x
            qwen2; a^^b ; a|^^|b
            qwen2; a.^^b ; a|.^^|b
            qwen2; a__^__b ; a|__^|_|_b
            qwen2; a___b ; a|__|_b
            qwen2; a__ ; a|__
            qwen2; (a)_!!b ; (a|)|_!!|b
            qwen2; ½²٣ ; ½|²|٣
            qwen2; हिन्दी ; ह|िन|्द|ी
            deepseek-r1-qwen; 12 ; 1|2
            qwen35; हिन्दी_12 ; हिन्दी|_|1|2
            ufakzeka; Ankara'ya_'s ; Ankara|'ya|_'|s
            seed-coder; a.^b ; a|.|^|b
            llama-bpe; 1234567 ; 123|456|7
            llama-bpe; 'LLama ; 'LL|ama
            glm4; 1234 ; 123|4
            minicpm5; 12345 ; 123|45
            laguna; a.^b ; a|.|^|b
            exaone-moe; the_cat_sat._12 ; the_cat_sat|.|_|1|2
            exaone-moe; a/^^b ; a|/^|^|b
            tekken; camelCaseURLs ; camel|Case|URLs
            tekken; HTMLПривет_12 ; HTMLПривет|_|1|2
            tekken; ПривЕтAB ; ПривЕт|AB
            tekken; a//^b ; a|//^|b
            gpt-4o; I'm_We'LL_A'b ; I'm|_We'LL|_A|'b
            gpt-4o; 12345 ; 123|45
            tiny_aya; 1234567_x ; 1|234|567|_x
            tiny_aya; ab12345c ; ab|12|345|c
            afmoe; x1234 ; x|1|234
            superbpe; a1234567 ; a|1|234|567
            superbpe; Hello_world ; Hello_world
            gpt-2; we've_WE'VE_12ab ; we|'ve|_WE|'|VE|_12|ab
            gpt-2; a___b__ ; a|__|_b|__
            smollm; ab_12 ; ab|_|1|2
            falcon; a``b_12345 ; a|``|b|_|123|45
            default; a``b_12345 ; a|``|b|_|123|45
            bloom; Hi_there,_you. ; Hi|_there|,|_you|.
            viking; a12 ; a|1|2
            deepseek-coder; int_x1_-_42,^^y ; int|_x|1|_-|_|4|2|,|^|^|y
            deepseek-coder; a中文ก, ; a|中文ก|,
            deepseek-llm; Hi_there,_x12 ; Hi|_there|,|_x|12
            deepseek-llm; ¿qué?__ ; ¿|qu|é|?|__
            deepseek-llm; 𝐀中b ; 𝐀|中|b
            deepseek-v3; a1234~b_~_中b ; a|123|4|~b|_~|_|中|b
            deepseek-v3; _(x).^^y ; _(|x|).^^|y
            spark2_5; x.^^y ; x|.|^|^|y
            youtu; 한국a中！ab's ; 한국|a|中|！|ab's
            """, ignoreLeadingAndTrailingWhitespace = true)
    void cutsWords(String name, String text, String expected) {
        assertThat(String.join("|", words(name, plain(text))).replace(' ', '_').replace('\n', '^')).isEqualTo(expected);
    }

    @Test
    void jais2CutsSpacesInPowersOfTwo() {
        assertThat(words("jais-2", " ".repeat(1000) + "a").stream().map(String::length))
                .containsExactly(512, 256, 128, 64, 32, 4, 2, 1, 2);
        assertThat(words("jais-2", "a  \n b").stream().map(String::length)).containsExactly(1, 3, 2);
    }

    @Test
    void partsMakeUpTheText() {
        java.util.Random random = new java.util.Random(7);
        for (String name : List.of("default", "gpt-2", "llama-bpe", "qwen2", "qwen35", "tekken", "gpt-4o", "tiny_aya",
                "youtu",
                "granite-embed-multi-97m", "deepseek-llm", "deepseek-coder", "deepseek-v3", "spark2_5", "afmoe",
                "superbpe",
                "viking", "jais-2", "exaone-moe", "laguna", "minicpm5", "falcon")) {
            for (int i = 0; i < 300; i++) {
                String text = TrickyText.next(random, 1 + random.nextInt(30));
                List<String> words = words(name, text);
                assertThat(String.join("", words)).as(name).isEqualTo(text);
                assertThat(words).as(name).doesNotContain("");
            }
        }
    }

    @Test
    void unknownNamesAreUnknown() {
        assertThat(PreTokenizer.named("no-such-model")).isEmpty();
    }

    private static String plain(String text) {
        return text.replace('_', ' ').replace('^', '\n');
    }

    private static List<String> words(String name, String text) {
        CodePoints points = new CodePoints(text, 0, text.length());
        IntSequence ends = PreTokenizer.named(name).orElseThrow().split(points);
        List<String> words = new ArrayList<>();
        int from = 0;
        for (int to : ends.toArray()) {
            words.add(new String(points.points, from, to - from));
            from = to;
        }
        return words;
    }
}
