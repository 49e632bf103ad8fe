package io.github.jnpu.engine.tokenizer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;

class StreamingDetokenizerTest {
    /** A vocabulary of the 256 bytes, and one long token at 259. */
    private static final Tokenizer BYTES = bytes();

    private static Tokenizer bytes() {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        int[] types = new int[260];
        types[0] = 2;
        types[1] = 3;
        types[2] = 3;
        for (int value = 0; value < 256; value++) {
            tokens.add("<0x%02X>".formatted(value));
            types[value + 3] = 6;
        }
        tokens.add("▁long".repeat(1000));
        types[259] = 1;
        return Tokenizer.of(TestVocabularies.metadata("model", "llama", "tokens", tokens, "token_type", types, "scores",
                new float[260]));
    }

    private static int[] idsOf(byte... bytes) {
        int[] ids = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            ids[i] = (bytes[i] & 0xff) + 3;
        }
        return ids;
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "é", "€", "🦙", "aé€🦙z", "👩‍🚀", "\u0000\u007f\u0080\u07ff\u0800\uffff\udbff\udfff"})
    void givesACharacterWithItsLastByte(String text) {
        StreamingDetokenizer detokenizer = BYTES.newDetokenizer();
        StringBuilder whole = new StringBuilder();
        int[] starts = text.codePoints().toArray();
        int place = 0;
        for (int point : starts) {
            String character = Character.toString(point);
            int[] ids = idsOf(character.getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < ids.length; i++) {
                String piece = detokenizer.accept(ids[i]);
                assertThat(piece).as("byte %d of U+%X", i, point).isEqualTo(i == ids.length - 1 ? character : "");
                whole.append(piece);
            }
            place++;
        }
        assertThat(place).isEqualTo(starts.length);
        assertThat(detokenizer.finish()).isEmpty();
        assertThat(whole).hasToString(text);
    }

    @Test
    void replacesWhatIsNoUtf8AndGoesOn() {
        StreamingDetokenizer detokenizer = BYTES.newDetokenizer();
        assertThat(detokenizer.accept(0xff + 3)).isEqualTo("\ufffd");
        assertThat(detokenizer.accept(0xe2 + 3)).isEmpty();
        // An unfinished character and then a letter: the first is lost, the letter is not.
        assertThat(detokenizer.accept('a' + 3)).isEqualTo("\ufffda");
        assertThat(detokenizer.accept(0x80 + 3)).isEqualTo("\ufffd");
    }

    @Test
    void endsAnUnfinishedCharacterAndCanBeUsedAgain() {
        StreamingDetokenizer detokenizer = BYTES.newDetokenizer();
        assertThat(detokenizer.accept(0xf0 + 3)).isEmpty();
        assertThat(detokenizer.accept(0x9f + 3)).isEmpty();
        assertThat(detokenizer.finish()).isEqualTo("\ufffd");
        assertThat(detokenizer.accept('x' + 3)).isEqualTo("x");
        assertThat(detokenizer.finish()).isEmpty();
    }

    @Test
    void takesTokensLongerThanItsBuffer() {
        StreamingDetokenizer detokenizer = BYTES.newDetokenizer();
        detokenizer.accept(0xe2 + 3);
        assertThat(detokenizer.accept(259)).isEqualTo("\ufffd" + " long".repeat(1000));
        assertThat(detokenizer.accept(259)).isEqualTo(" long".repeat(1000));
    }

    @Test
    void showsNoControlTokens() {
        StreamingDetokenizer detokenizer = BYTES.newDetokenizer();
        detokenizer.accept(0xc3 + 3);
        assertThat(detokenizer.accept(1)).isEmpty();
        // A control token between the halves of a character does not part them: its text is empty.
        assertThat(detokenizer.accept(0xa9 + 3)).isEqualTo("é");
    }

    @Test
    void streamedTextIsTheDecodedText() {
        Random random = new Random(3);
        for (String name : List.of("gpt-2", "llama-spm")) {
            Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of(name));
            for (int i = 0; i < 200; i++) {
                String text = TrickyText.next(random, 20);
                StreamingDetokenizer detokenizer = tokenizer.newDetokenizer();
                StringBuilder whole = new StringBuilder();
                for (int id : tokenizer.encode(text, false)) {
                    String piece = detokenizer.accept(id);
                    if (!piece.isEmpty()) {
                        assertThat(Character.isHighSurrogate(piece.charAt(piece.length() - 1))).isFalse();
                    }
                    whole.append(piece);
                }
                whole.append(detokenizer.finish());
                // The space that SPM puts before a text stays: a stream continues a prompt.
                assertThat(whole).hasToString((name.equals("llama-spm") ? " " : "") + text);
            }
        }
    }
}
