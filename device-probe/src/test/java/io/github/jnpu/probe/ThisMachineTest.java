package io.github.jnpu.probe;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** The machine that the tests run on, whichever that is, against what others say of it. */
class ThisMachineTest {
    private final DeviceReport report = HardwareProbe.local().report();

    @Test
    void coresAreThoseOfTheJvm() {
        assertThat(report.cpu().logicalCores()).isBetween(1, Runtime.getRuntime().availableProcessors());
        assertThat(report.cpu().physicalCores()).isBetween(1, report.cpu().logicalCores());
    }

    @Test
    void memoryIsThatOfTheJvm() {
        OperatingSystemMXBean bean = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

        assertThat(report.memory().totalBytes()).isEqualTo(bean.getTotalMemorySize());
        assertThat(report.memory().availableBytes()).isBetween(1L, report.memory().totalBytes());
    }

    @Test
    void vectorsAreThoseOfTheJvm() {
        String bytes = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption("MaxVectorSize")
                .getValue();

        assertThat(report.cpu().vectorBits()).hasValue(8 * Integer.parseInt(bytes));
    }

    /** What the engine asks for at each load goes by HotSpot's rules, which have to be those of this HotSpot. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void vectorsByHotSpotsRulesAreTheSame() {
        assertThat(HardwareProbe.local().cpu().vectorBits()).isEqualTo(report.cpu().vectorBits());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aMachineWithoutAcceleratorsHasNoUsableNpu() {
        if (Files.notExists(Path.of("/dev/accel"))) {
            assertThat(report.npus()).noneMatch(Device::usable);
            assertThat(report.conclusion())
                    .contains("runs on the CPU (%d core".formatted(report.cpu().physicalCores()));
        } else {
            assertThat(report.npus()).isNotEmpty();
        }
    }

    @Test
    void runtimesAreNamedWhetherTheyAreThereOrNot() {
        assertThat(report.runtimes()).extracting(RuntimeLibrary::kind).contains(RuntimeLibrary.Kind.ONNX_RUNTIME);
        assertThat(report.conclusion()).endsWith(".").doesNotContain("\n");
    }
}
