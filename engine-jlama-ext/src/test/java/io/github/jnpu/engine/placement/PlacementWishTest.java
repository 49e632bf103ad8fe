package io.github.jnpu.engine.placement;

import io.github.jnpu.engine.backend.Stage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PlacementWishTest {
    @ParameterizedTest
    @ValueSource(strings = {"auto", "npu", "onnxruntime:webgpu", "gpu@8+cpu", "attn:cpu+ffn:onnxruntime",
            "onnxruntime:directml|onnxruntime:qnn|cpu", "prefill=onnxruntime:webgpu,decode=cpu,embed=npu",
            "prefill=onnxruntime:name=/opt/a+b.so,decode=auto,embed=auto"})
    void whatIsWrittenIsRead(String text) {
        String expected = text.contains("a+b") ? null : text;
        if (expected == null) {
            // A plus in a path would be a split: it is refused, not misread.
            assertThatThrownBy(() -> PlacementWish.parse(text, false)).hasMessageContaining("says its layers");
            return;
        }
        PlacementWish wish = PlacementWish.parse(text, false);
        assertThat(wish).hasToString(text);
        assertThat(PlacementWish.parse(wish.toString(), false).toString()).isEqualTo(text);
    }

    @Test
    void stagesThatAreNotNamedAreAutomatic() {
        PlacementWish wish = PlacementWish.parse(" prefill = NPU ", true);
        assertThat(wish.of(Stage.PREFILL)).hasToString("npu");
        assertThat(wish.of(Stage.DECODE).isAuto()).isTrue();
        assertThat(wish.strict()).isTrue();
        assertThat(wish.isAuto()).isFalse();
        assertThat(PlacementWish.parse("auto", false).isAuto()).isTrue();
    }

    @Test
    void aRequestsWishWinsStageByStage() {
        PlacementWish model = PlacementWish.parse("prefill=npu,decode=gpu", false);
        assertThat(model.overriddenBy(PlacementWish.parse("decode=cpu", true)))
                .isEqualTo(PlacementWish.parse("prefill=npu,decode=cpu", true));
    }

    @Test
    void theWindowsOrderIsAPreset() {
        assertThat(PlacementWish.parse("DirectML-QNN-CPU", false))
                .isEqualTo(PlacementWish.parse("onnxruntime:directml|onnxruntime:qnn|cpu", false));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"'';names no device", "prefill=;names no device",
            "npu,cpu;is not STAGE=DEVICE",
            "warmup=cpu,decode=cpu;stages are prefill, decode, embed", "decode=cpu,decode=gpu;placed twice",
            "gpu@x+cpu;is not a number of layers", "gpu@0+cpu;is not a number of layers", "gpu+cpu;says its layers",
            "cpu@3;says its layers", "npu:0;takes no device", "vector:;names no device",
            "attn:cpu;is not attn:DEVICE+ffn:DEVICE", "cpu||gpu;names no device"})
    void whatCannotBeReadIsRefusedInOneLine(String text, String message) {
        assertThatThrownBy(() -> PlacementWish.parse(text, false)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message).hasMessageNotContaining("\n");
    }
}
