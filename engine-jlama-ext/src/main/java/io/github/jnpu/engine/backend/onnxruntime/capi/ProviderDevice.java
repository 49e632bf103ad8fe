package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.MemorySegment;

/**
 * A device that a provider says it can use.
 *
 * @param provider
 *            its name: {@code CPUExecutionProvider}
 * @param vendor
 *            who has made the provider
 * @param handle
 *            the library's, valid until the provider's library is taken out
 */
public record ProviderDevice(String provider, String vendor, HardwareDevice device, MemorySegment handle) {}
