package io.github.jnpu.samples.demo.tokenizer;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BytePairTrainerTest {

    @Test
    void mostFrequentPairIsMergedFirst() {
        BytePairTrainer trainer = new BytePairTrainer();
        trainer.add("aab aab aab ab");
        BytePairVocabulary vocabulary = trainer.train(256 + 3 + 2);
        // "ab" occurs four times; then "a" before "ab" three times, "Ġ" before "a" twice.
        assertThat(vocabulary.mergePieces()).containsExactly("a b", "a ab");
        assertThat(vocabulary.size()).isEqualTo(261);
    }

    @Test
    void stopsWhenNoPairOccursTwice() {
        BytePairTrainer trainer = new BytePairTrainer();
        trainer.add("xyz");
        assertThat(trainer.train(1000).size()).isEqualTo(259);
    }

    @Test
    void everyByteIsAToken() {
        BytePairVocabulary vocabulary = new BytePairTrainer().train(300);
        assertThat(vocabulary.encode("aé")).containsExactly('a', 0xc3, 0xa9);
        assertThat(vocabulary.pieces()).hasSize(259).doesNotHaveDuplicates().contains("Ġ", "Ċ", "<|im_end|>");
    }
}
