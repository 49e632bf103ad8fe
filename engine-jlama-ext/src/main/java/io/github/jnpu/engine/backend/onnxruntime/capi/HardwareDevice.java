package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.engine.backend.Acceleration;

import java.util.Map;

/**
 * A processor that ONNX Runtime has found in this machine, whether or not a provider can use it.
 *
 * @param vendorId
 *            that of PCI, of 16 bits: 0x8086 for Intel
 * @param deviceId
 *            PCI's as well, 0 if unknown
 * @param vendor
 *            a name, often empty
 * @param metadata
 *            depends on the system: {@code pci_bus_id}, {@code card_idx}
 */
public record HardwareDevice(Acceleration type, int vendorId, int deviceId, String vendor,
        Map<String, String> metadata) {
    public HardwareDevice {
        metadata = Map.copyOf(metadata);
    }

    @Override
    public String toString() {
        return "%s %04x:%04x%s".formatted(type, vendorId, deviceId, vendor.isEmpty() ? "" : " " + vendor);
    }
}
