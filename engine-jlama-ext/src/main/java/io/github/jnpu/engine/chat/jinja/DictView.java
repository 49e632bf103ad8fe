package io.github.jnpu.engine.chat.jinja;

import java.util.List;

/**
 * A dict's {@code keys()}, {@code values()} or {@code items()}.
 *
 * @param kind
 *            {@code keys}, {@code values} or {@code items}
 */
record DictView(String kind, List<Object> elements) {}
