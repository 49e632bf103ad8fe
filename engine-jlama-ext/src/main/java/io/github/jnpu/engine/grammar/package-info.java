/**
 * Holds what a model writes to a grammar: JSON Schema, any JSON, or GBNF, compiled to a pushdown automaton over bytes and, for a
 * vocabulary, to masks of the tokens that may come next. Why so: docs/decisions/0140.
 */
package io.github.jnpu.engine.grammar;
