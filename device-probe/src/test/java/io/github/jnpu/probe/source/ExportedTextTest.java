package io.github.jnpu.probe.source;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class ExportedTextTest {
    @Test
    void theMarkTellsTheEncoding() {
        assertThat(ExportedText.decode("\uFEFFä".getBytes(StandardCharsets.UTF_16LE))).isEqualTo("ä");
        assertThat(ExportedText.decode("\uFEFFä".getBytes(StandardCharsets.UTF_16BE))).isEqualTo("ä");
        assertThat(ExportedText.decode("\uFEFFä".getBytes(StandardCharsets.UTF_8))).isEqualTo("ä");
        assertThat(ExportedText.decode("ä".getBytes(StandardCharsets.UTF_8))).isEqualTo("ä");
        assertThat(ExportedText.decode(new byte[]{(byte) 0xFF, (byte) 0xFE, 65})).hasSize(1);
        assertThat(ExportedText.decode(new byte[0])).isEmpty();
    }

    @Test
    void readsTablesOfPowerShell() {
        String text = """
                #TYPE Selected.Microsoft.Management.Infrastructure.CimInstance
                "PNPDeviceID","ConfigManagerErrorCode"

                "PCI\\VEN_8086&DEV_643E","0"
                "a ""quoted"", name",28
                "short"
                """;

        assertThat(ExportedText.table(text)).containsExactly(
                Map.of("PNPDeviceID", "PCI\\VEN_8086&DEV_643E", "ConfigManagerErrorCode", "0"),
                Map.of("PNPDeviceID", "a \"quoted\", name", "ConfigManagerErrorCode", "28"),
                Map.of("PNPDeviceID", "short"));
    }

    @Test
    void tablesHaveAnEnd() {
        assertThat(ExportedText.table(",".repeat(1_000_000) + "\n" + ",".repeat(1_000_000))).hasSize(1);
        assertThat(ExportedText.table("a\n" + "b\n".repeat(200_000))).hasSizeLessThan(100_001);
        assertThat(ExportedText.table("")).isEmpty();
    }
}
