package io.github.jnpu.probe.source;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

class RegistryFileTest {
    private static final String KEY = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0000";
    private static final String EXPORT = """
            Windows Registry Editor Version 5.00

            [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}]
            @="Display"
            "Class"="Display"

            [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0000]
            "DriverDesc"="NVIDIA GeForce RTX 4070"
            "InfPath"="C:\\\\Windows\\\\INF\\\\oem\\"1\\".inf"
            "EnumPropPages32"=hex(2):25,00,57,00,69,00,\\
              6e,00,25,00,00,00
            "HardwareID"=hex(7):61,00,00,00,62,00,00,00,00,00
            "HardwareInformation.qwMemorySize"=hex(b):00,00,00,00,03,00,00,00
            "HardwareInformation.MemorySize"=hex:00,0a,FF
            "CapabilityFlags"=dword:ffffffff
            "None"=hex(0):
            "Gone"=-
            """;

    @Test
    void readsEachType() {
        RegistryFile registry = parse(EXPORT.getBytes(StandardCharsets.UTF_8));

        assertThat(registry.value(KEY, "DriverDesc")).contains("NVIDIA GeForce RTX 4070");
        assertThat(registry.value(KEY, "InfPath")).contains("C:\\Windows\\INF\\oem\"1\".inf");
        assertThat(registry.value(KEY, "EnumPropPages32")).contains("%Win%");
        assertThat(registry.value(KEY, "HardwareID")).contains("a\nb");
        assertThat(registry.value(KEY, "HardwareInformation.qwMemorySize")).contains(Long.toString(3L << 32));
        assertThat(registry.value(KEY, "HardwareInformation.MemorySize")).contains("hex:000aff");
        assertThat(registry.value(KEY, "CapabilityFlags")).contains("4294967295");
        assertThat(registry.value(KEY, "None")).contains("hex:");
        assertThat(registry.value(KEY, "Gone")).isEmpty();
        assertThat(registry.value(KEY.substring(0, KEY.length() - 5), "")).contains("Display");
        assertThat(registry.problems()).isEmpty();
    }

    @Test
    void readsWhatWindowsWrites() {
        byte[] text = EXPORT.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_16LE);
        byte[] marked = new byte[text.length + 2];
        marked[0] = (byte) 0xFF;
        marked[1] = (byte) 0xFE;
        System.arraycopy(text, 0, marked, 2, text.length);

        RegistryFile registry = parse(marked);

        assertThat(registry.value(KEY, "EnumPropPages32")).contains("%Win%");
        assertThat(registry.problems()).isEmpty();
    }

    @Test
    void findsNamesWhateverTheirCase() {
        RegistryFile registry = parse(EXPORT.getBytes(StandardCharsets.UTF_8));

        assertThat(registry.value(KEY.toUpperCase(Locale.ROOT), "driverDESC")).isPresent();
        assertThat(registry.keys("hkey_local_machine\\system\\CURRENTCONTROLSET\\control\\class"))
                .containsExactly("{4d36e968-e325-11ce-bfc1-08002be10318}");
        assertThat(registry.keys("HKEY_LOCAL_MACHINE\\SOFTWARE")).isEmpty();
    }

    @Test
    void saysWhatItCouldNotRead() {
        RegistryFile registry = parse("""
                Windows Registry Editor Version 5.00
                "before"="any key"
                [HKEY_LOCAL_MACHINE\\A]
                "open"="never closed
                "short"=dword:xyz
                "bytes"=hex:1,2,g0
                "odd"=strange:1
                [no end
                "lost"="in no key"
                [HKEY_LOCAL_MACHINE\\\\B]
                [-HKEY_LOCAL_MACHINE\\C]
                [HKEY_LOCAL_MACHINE\\D]
                "good"="yes"
                """.getBytes(StandardCharsets.UTF_8));

        assertThat(registry.problems()).containsExactly("test.reg, line 4: not a value that can be read",
                "test.reg, line 5: not a value that can be read", "test.reg, line 6: not a value that can be read",
                "test.reg, line 7: not a value that can be read", "test.reg, line 8: not a key that can be read",
                "test.reg, line 10: not a key that can be read");
        assertThat(registry.value("HKEY_LOCAL_MACHINE\\A", "lost")).isEmpty();
        assertThat(registry.value("HKEY_LOCAL_MACHINE\\D", "good")).contains("yes");
        assertThat(registry.keys("HKEY_LOCAL_MACHINE")).containsExactly("A", "D");
    }

    @Test
    void aValueThatIsNoneIsEmpty() {
        RegistryFile registry = parse("""
                REGEDIT4
                [A]
                "large"=hex:1,2,300
                "long"=dword:123456789
                "none"=dword:
                "odd"=hex(7):41
                "gap"=hex:1,,2
                """.getBytes(StandardCharsets.UTF_8));

        assertThat(registry.problems()).isEmpty();
        assertThat(registry.value("A", "large")).isEmpty();
        assertThat(registry.value("A", "long")).isEmpty();
        assertThat(registry.value("A", "none")).isEmpty();
        assertThat(registry.value("A", "gap")).isEmpty();
        assertThat(registry.value("A", "odd")).isPresent();
    }

    @Test
    void refusesWhatIsNoExport() {
        assertThat(parse("MZ and more".getBytes(StandardCharsets.UTF_8)).problems())
                .containsExactly("test.reg: not a registry export");
        assertThat(parse(new byte[0]).problems()).containsExactly("test.reg: not a registry export");
    }

    @Test
    void keysCannotGoDownForEver() {
        String deep = "[HKEY_LOCAL_MACHINE" + "\\a".repeat(100_000) + "]\n";

        assertThat(parse(("REGEDIT4\n" + deep).getBytes(StandardCharsets.UTF_8)).problems())
                .containsExactly("test.reg, line 2: not a key that can be read");
    }

    @Test
    void problemsHaveAnEnd() {
        String text = "REGEDIT4\n" + "[x\n".repeat(100_000);

        assertThat(parse(text.getBytes(StandardCharsets.UTF_8)).problems()).hasSize(20);
    }

    @Test
    void aValueCannotGoOnForEver() {
        String text = "REGEDIT4\n[A]\n\"v\"=hex:\\\n" + "00,00,00,00,\\\n".repeat(1_000_000);

        RegistryFile registry = assertTimeoutPreemptively(ofSeconds(20),
                () -> parse(text.getBytes(StandardCharsets.UTF_8)));

        assertThat(registry.value("A", "v")).isEmpty();
        assertThat(registry.problems()).contains("test.reg, line 3: not a value that can be read");
    }

    @Test
    void brokenBytesNeverThrow() {
        Random random = new Random(4);
        byte[] whole = EXPORT.getBytes(StandardCharsets.UTF_8);
        assertTimeoutPreemptively(ofSeconds(60), () -> {
            for (int round = 0; round < 5_000; round++) {
                byte[] broken = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
                for (int change = random.nextInt(20); change >= 0; change--) {
                    broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
                }
                RegistryFile registry = parse(broken);
                for (String name : List.of("DriverDesc", "InfPath", "EnumPropPages32", "HardwareID",
                        "HardwareInformation.qwMemorySize", "CapabilityFlags", "None")) {
                    registry.value(KEY, name);
                }
                assertThat(registry.problems().size()).isLessThanOrEqualTo(20);
            }
        });
    }

    @Test
    void laterFilesAddToEarlierOnes() {
        RegistryFile registry = parse(EXPORT.getBytes(StandardCharsets.UTF_8));
        registry.add("more.reg", ("REGEDIT4\n[" + KEY + "]\n\"DriverVersion\"=\"32.0.15.6094\"\n")
                .getBytes(StandardCharsets.UTF_8));

        assertThat(List.of(registry.value(KEY, "DriverDesc").orElseThrow(),
                registry.value(KEY, "DriverVersion").orElseThrow()))
                .containsExactly("NVIDIA GeForce RTX 4070", "32.0.15.6094");
    }

    private static RegistryFile parse(byte[] content) {
        RegistryFile registry = new RegistryFile();
        registry.add("test.reg", content);
        return registry;
    }
}
