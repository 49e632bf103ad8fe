package io.github.jnpu.engine.chat.jinja;

import io.github.jnpu.engine.chat.jinja.Expression.Arguments;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Computes expressions in a scope. One render, one thread. */
final class ExpressionEvaluator {
    final RenderBudget budget;
    final PythonText text;
    final PythonOperators operators;
    final PythonItems items;
    private final StringMethods stringMethods;
    private final CollectionMethods collectionMethods;
    private final Filters filters;
    private final ValueTests tests;

    ExpressionEvaluator(RenderBudget budget) {
        this.budget = budget;
        this.text = new PythonText(budget);
        this.operators = new PythonOperators(budget, text);
        this.items = new PythonItems(budget);
        this.stringMethods = new StringMethods(budget, text, operators);
        this.collectionMethods = new CollectionMethods(budget, operators);
        this.tests = new ValueTests(budget, operators);
        this.filters = new Filters(this, stringMethods, collectionMethods, tests);
    }

    Object evaluate(Expression expression, Scope scope) {
        budget.enter();
        Object result = switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> scope.get(name.name());
            case Expression.ListLiteral list -> all(list.elements(), scope);
            case Expression.TupleLiteral tuple -> new Tuple(all(tuple.elements(), scope));
            case Expression.DictLiteral dict -> dict(dict, scope);
            case Expression.Attribute attribute -> attribute(evaluate(attribute.target(), scope), attribute.name());
            case Expression.Item item -> item(evaluate(item.target(), scope), evaluate(item.key(), scope));
            case Expression.Slice slice -> items.slice(evaluate(slice.target(), scope),
                    optional(slice.start(), scope), optional(slice.stop(), scope), optional(slice.step(), scope));
            case Expression.Call call -> call(call, Map.of(), scope);
            case Expression.Filter filter -> filter(filter, null, scope);
            case Expression.Test test -> tests.test(test.name(), evaluate(test.target(), scope),
                    arguments(test.name(), test.arguments(), scope));
            case Expression.Conditional conditional -> PythonOperators.truth(evaluate(conditional.condition(), scope))
                    ? evaluate(conditional.value(), scope)
                    : conditional.otherwise() == null
                            ? new Undefined(
                                    "the inline if-expression evaluated to false and no else section was defined.")
                            : evaluate(conditional.otherwise(), scope);
            case Expression.And and -> {
                Object left = evaluate(and.left(), scope);
                yield PythonOperators.truth(left) ? evaluate(and.right(), scope) : left;
            }
            case Expression.Or or -> {
                Object left = evaluate(or.left(), scope);
                yield PythonOperators.truth(left) ? left : evaluate(or.right(), scope);
            }
            case Expression.Not not -> !PythonOperators.truth(evaluate(not.operand(), scope));
            case Expression.Arithmetic arithmetic -> arithmetic.left() == null
                    ? operators.sign(arithmetic.operator(), evaluate(arithmetic.right(), scope))
                    : operators.arithmetic(arithmetic.operator(), evaluate(arithmetic.left(), scope),
                            evaluate(arithmetic.right(), scope));
            case Expression.Concatenation concatenation -> concatenation(concatenation, scope);
            case Expression.Comparison comparison -> comparison(comparison, scope);
        };
        budget.leave();
        return result;
    }

    private Object optional(Expression expression, Scope scope) {
        return expression == null ? null : evaluate(expression, scope);
    }

    private List<Object> all(List<Expression> expressions, Scope scope) {
        budget.spendElements(expressions.size());
        List<Object> result = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            result.add(evaluate(expression, scope));
        }
        return result;
    }

    private Map<Object, Object> dict(Expression.DictLiteral dict, Scope scope) {
        budget.spendElements(4L * dict.keys().size());
        Map<Object, Object> result = new LinkedHashMap<>();
        for (int i = 0; i < dict.keys().size(); i++) {
            result.put(PythonOperators.key(evaluate(dict.keys().get(i), scope)),
                    evaluate(dict.values().get(i), scope));
        }
        return result;
    }

    private String concatenation(Expression.Concatenation concatenation, Scope scope) {
        StringBuilder out = new StringBuilder();
        for (Expression operand : concatenation.operands()) {
            String part = text.str(evaluate(operand, scope));
            budget.spend(part.length());
            out.append(part);
        }
        return out.toString();
    }

    private boolean comparison(Expression.Comparison comparison, Scope scope) {
        Object left = evaluate(comparison.first(), scope);
        for (int i = 0; i < comparison.operators().size(); i++) {
            Object right = evaluate(comparison.operands().get(i), scope);
            if (!operators.compare(comparison.operators().get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    /** {@code target.name}: a method where Python's type has one, else the item. */
    Object attribute(Object target, String name) {
        if (target instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (target instanceof Namespace namespace) {
            return namespace.attributes().containsKey(name)
                    ? namespace.attributes().get(name)
                    : PythonItems.missing(target, name);
        }
        Object member = member(target, name);
        return member != null ? member : items.item(target, name);
    }

    /** {@code target[key]}: the item where there is one, else the method. */
    Object item(Object target, Object key) {
        Object result = items.item(target, key);
        if (target instanceof Namespace && key instanceof String name) {
            return attribute(target, name);
        }
        if (result instanceof Undefined && key instanceof String name && !contains(target, name)) {
            Object member = member(target, name);
            return member != null ? member : result;
        }
        return result;
    }

    private static boolean contains(Object target, String name) {
        return target instanceof Map<?, ?> map && map.containsKey(name);
    }

    private Object member(Object target, String name) {
        return switch (target) {
            case String string -> stringMethods.method(string, name);
            case Map<?, ?> map -> collectionMethods.ofMap(map, name);
            case List<?> list -> collectionMethods.ofList(list, name);
            case LoopState loop -> loop.attribute(name);
            case Macro macro -> macro.attribute(name);
            case null, default -> null;
        };
    }

    Object call(Expression.Call call, Map<String, Object> additional, Scope scope) {
        Object target = evaluate(call.target(), scope);
        if (target instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(target instanceof Invocable invocable)) {
            throw new JinjaException("'" + PythonOperators.type(target) + "' object is not callable");
        }
        String name = switch (call.target()) {
            case Expression.Name function -> function.name();
            case Expression.Attribute method -> method.name();
            default -> "the function";
        };
        CallArguments arguments = arguments(name, call.arguments(), scope);
        if (!additional.isEmpty()) {
            Map<String, Object> named = new LinkedHashMap<>(arguments.named());
            named.putAll(additional);
            arguments = new CallArguments(name, arguments.positional(), named);
        }
        return invocable.call(arguments);
    }

    private CallArguments arguments(String function, Arguments arguments, Scope scope) {
        List<Object> positional = all(arguments.positional(), scope);
        Map<String, Object> named = new LinkedHashMap<>();
        arguments.named().forEach((name, value) -> named.put(name, evaluate(value, scope)));
        if (arguments.spread() != null) {
            positional.addAll(operators.list(evaluate(arguments.spread(), scope)));
        }
        if (arguments.namedSpread() != null) {
            if (!(evaluate(arguments.namedSpread(), scope) instanceof Map<?, ?> map)) {
                throw new JinjaException("the argument after ** must be a mapping");
            }
            budget.spendElements(map.size());
            map.forEach((name, value) -> named.put(String.valueOf(name), value));
        }
        return new CallArguments(function, positional, named);
    }

    /**
     * A filter's value.
     *
     * @param innermost
     *            what the chain's first filter is given where the template has no expression for it: a block's text
     */
    Object filter(Expression.Filter filter, String innermost, Scope scope) {
        Object target = filter.target() == null
                ? innermost
                : filter.target() instanceof Expression.Filter inner && innermost != null
                        ? filter(inner, innermost, scope)
                        : evaluate(filter.target(), scope);
        return filters.apply(filter.name(), target, arguments(filter.name(), filter.arguments(), scope));
    }
}
