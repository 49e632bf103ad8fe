package io.github.jnpu.server.cli;

import io.github.jnpu.engine.backend.KvCacheType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --kv-cache-type}. */
final class KvCacheTypeConverter implements ITypeConverter<KvCacheType> {
    @Override
    public KvCacheType convert(String value) {
        return KvCacheType.ofLabel(value).orElseThrow(() -> new TypeConversionException(
                "'%s' is not supported; use one of %s".formatted(value, KvCacheType.labels())));
    }
}
