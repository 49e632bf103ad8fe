package io.github.jnpu.engine.chat.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Jinja2's filters over lists, dicts and whatever else can be looped over. */
final class SequenceFilters {
    private final RenderBudget budget;
    private final ExpressionEvaluator evaluator;
    private final PythonOperators operators;
    private final Filters filters;
    private final ValueTests tests;

    SequenceFilters(ExpressionEvaluator evaluator, Filters filters, ValueTests tests) {
        this.budget = evaluator.budget;
        this.evaluator = evaluator;
        this.operators = evaluator.operators;
        this.filters = filters;
        this.tests = tests;
    }

    Object apply(String name, Object value, CallArguments arguments) {
        return switch (name) {
            case "list" -> operators.list(value);
            case "join" -> join(value, arguments);
            case "first" -> first(operators.iterate(value), "No first item, sequence was empty.");
            case "last" -> last(value);
            case "reverse" -> reverse(value);
            case "map" -> map(value, arguments);
            case "select" -> select(value, arguments, false, true);
            case "reject" -> select(value, arguments, false, false);
            case "selectattr" -> select(value, arguments, true, true);
            case "rejectattr" -> select(value, arguments, true, false);
            case "sort" -> sorted(operators.list(value), key(arguments.get(2, "attribute", null),
                    arguments.get(1, "case_sensitive", false)), arguments.get(0, "reverse", false));
            case "dictsort" -> dictSort(value, arguments);
            case "unique" -> unique(value, arguments);
            case "min" -> extreme(value, arguments, -1);
            case "max" -> extreme(value, arguments, 1);
            case "sum" -> sum(value, arguments);
            case "groupby" -> groupBy(value, arguments);
            case "batch" -> batch(value, arguments);
            case "slice" -> slice(value, arguments);
            default -> throw new JinjaException("No filter named '" + name + "'.");
        };
    }

    private static Object first(Iterator<?> elements, String otherwise) {
        return elements.hasNext() ? elements.next() : new Undefined(otherwise);
    }

    private Object last(Object value) {
        if (value instanceof Generator) {
            throw new JinjaException("'generator' object is not reversible");
        }
        List<Object> list = operators.list(value);
        return list.isEmpty() ? new Undefined("No last item, sequence was empty.") : list.getLast();
    }

    private Object reverse(Object value) {
        List<Object> list = operators.list(value).reversed();
        if (value instanceof String) {
            StringBuilder out = new StringBuilder();
            list.forEach(out::append);
            return out.toString();
        }
        return new Generator(list);
    }

    private String join(Object value, CallArguments arguments) {
        String separator = evaluator.text.str(arguments.get(0, "d", ""));
        UnaryOperator<Object> attribute = attribute(arguments.get(1, "attribute", null));
        StringBuilder out = new StringBuilder();
        Iterator<?> elements = operators.iterate(value);
        boolean first = true;
        while (elements.hasNext()) {
            String part = evaluator.text.str(attribute.apply(elements.next()));
            budget.spend((long) separator.length() + part.length() + 1);
            out.append(first ? "" : separator).append(part);
            first = false;
        }
        return out.toString();
    }

    /** Reads {@code a.b.0} from an element; null leaves the element. */
    private UnaryOperator<Object> attribute(Object path) {
        if (path == null) {
            return element -> element;
        }
        if (path instanceof Long) {
            return element -> evaluator.item(element, path);
        }
        if (!(path instanceof String text)) {
            throw new JinjaException("an attribute must be a string or a whole number");
        }
        String[] parts = text.split("\\.", -1);
        return element -> {
            Object result = element;
            for (String part : parts) {
                boolean number = part.length() < 10 && !part.isEmpty() && part.chars().allMatch(c -> c >= '0'
                        && c <= '9');
                if (result instanceof Undefined undefined) {
                    throw undefined.error();
                }
                result = evaluator.item(result, number ? (Object) Long.valueOf(part) : part);
            }
            return result;
        };
    }

    private UnaryOperator<Object> key(Object path, Object caseSensitive) {
        UnaryOperator<Object> attribute = attribute(path);
        if (PythonOperators.truth(caseSensitive)) {
            return attribute;
        }
        return element -> {
            Object key = attribute.apply(element);
            if (!(key instanceof String text)) {
                return key;
            }
            budget.spend(text.length());
            return text.toLowerCase(Locale.ROOT);
        };
    }

    private Generator map(Object value, CallArguments arguments) {
        UnaryOperator<Object> function;
        if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
            UnaryOperator<Object> attribute = attribute(arguments.named().get("attribute"));
            function = element -> {
                Object result = attribute.apply(element);
                return result instanceof Undefined ? arguments.named().getOrDefault("default", result) : result;
            };
        } else {
            String filter = arguments.text(0, "filter");
            CallArguments rest = new CallArguments(filter, arguments.positional().subList(1, arguments.positional()
                    .size()), arguments.named());
            function = element -> filters.apply(filter, element, rest);
        }
        List<Object> result = new ArrayList<>();
        for (Object element : operators.list(value)) {
            result.add(function.apply(element));
        }
        return new Generator(result);
    }

    private Generator select(Object value, CallArguments arguments, boolean byAttribute, boolean wanted) {
        int used = byAttribute ? 1 : 0;
        UnaryOperator<Object> attribute = byAttribute
                ? attribute(arguments.require(0, "attribute"))
                : attribute(null);
        List<Object> positional = arguments.positional();
        boolean tested = positional.size() > used;
        String test = tested ? arguments.text(used, "test") : "";
        CallArguments rest = tested
                ? new CallArguments(test, positional.subList(used + 1, positional.size()), arguments.named())
                : arguments;
        List<Object> result = new ArrayList<>();
        for (Object element : operators.list(value)) {
            Object tried = attribute.apply(element);
            boolean passes = tested ? tests.test(test, tried, rest) : PythonOperators.truth(tried);
            if (passes == wanted) {
                result.add(element);
            }
        }
        return new Generator(result);
    }

    private List<Object> sorted(List<Object> list, UnaryOperator<Object> key, Object reverse) {
        Comparator<Object> order = (a, b) -> {
            budget.spend(1);
            return operators.order(key.apply(a), key.apply(b), "<");
        };
        // Reversed as Python does it: equal elements keep their order.
        list.sort(PythonOperators.truth(reverse) ? order.reversed() : order);
        return list;
    }

    private Object dictSort(Object value, CallArguments arguments) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new JinjaException("dictsort() wants a mapping, not " + PythonOperators.type(value));
        }
        String by = arguments.text(1, "by", "key");
        if (!by.equals("key") && !by.equals("value")) {
            throw new JinjaException("You can only sort by either \"key\" or \"value\"");
        }
        List<Object> items = new ArrayList<>();
        budget.spendElements(2L * map.size());
        map.forEach((k, v) -> items.add(new Tuple(k, v)));
        return sorted(items, key(by.equals("key") ? 0L : 1L, arguments.get(0, "case_sensitive", false)),
                arguments.get(2, "reverse", false));
    }

    private Object unique(Object value, CallArguments arguments) {
        UnaryOperator<Object> key = key(arguments.get(1, "attribute", null),
                arguments.get(0, "case_sensitive", false));
        Set<Object> seen = new HashSet<>();
        List<Object> result = new ArrayList<>();
        for (Object element : operators.list(value)) {
            if (seen.add(PythonOperators.key(key.apply(element)))) {
                result.add(element);
            }
        }
        return new Generator(result);
    }

    private Object extreme(Object value, CallArguments arguments, int sign) {
        UnaryOperator<Object> key = key(arguments.get(1, "attribute", null),
                arguments.get(0, "case_sensitive", false));
        List<Object> list = operators.list(value);
        if (list.isEmpty()) {
            return new Undefined("No aggregated item, sequence was empty.");
        }
        Object best = list.getFirst();
        for (Object element : list) {
            if (sign * operators.order(key.apply(element), key.apply(best), "<") > 0) {
                best = element;
            }
        }
        return best;
    }

    private Object sum(Object value, CallArguments arguments) {
        UnaryOperator<Object> attribute = attribute(arguments.get(0, "attribute", null));
        Object result = arguments.get(1, "start", 0L);
        for (Object element : operators.list(value)) {
            result = operators.arithmetic("+", result, attribute.apply(element));
        }
        return result;
    }

    private Object groupBy(Object value, CallArguments arguments) {
        UnaryOperator<Object> key = key(arguments.require(0, "attribute"), arguments.get(2, "case_sensitive", false));
        UnaryOperator<Object> exact = attribute(arguments.require(0, "attribute"));
        List<Object> result = new ArrayList<>();
        List<Object> group = null;
        Object last = null;
        for (Object element : sorted(operators.list(value), key, false)) {
            Object current = key.apply(element);
            if (group == null || !operators.equal(last, current)) {
                budget.spendElements(4);
                group = new ArrayList<>();
                result.add(new Tuple(exact.apply(element), group));
                last = current;
            }
            group.add(element);
        }
        return result;
    }

    private Generator batch(Object value, CallArguments arguments) {
        int size = arguments.integer(0, "linecount", 0);
        if (size < 1) {
            throw new JinjaException("batch() wants a size above 0");
        }
        Object fill = arguments.get(1, "fill_with", null);
        List<Object> result = new ArrayList<>();
        List<Object> elements = operators.list(value);
        for (int i = 0; i < elements.size(); i += size) {
            budget.spendElements(4);
            List<Object> part = new ArrayList<>(elements.subList(i, (int) Math.min(elements.size(), (long) i + size)));
            if (fill != null) {
                budget.spendElements((long) size - part.size());
                part.addAll(Collections.nCopies(size - part.size(), fill));
            }
            result.add(part);
            if (size >= elements.size() - i) {
                break;
            }
        }
        return new Generator(result);
    }

    private Generator slice(Object value, CallArguments arguments) {
        int slices = arguments.integer(0, "slices", 0);
        if (slices < 1) {
            throw new JinjaException("slice() wants a count above 0");
        }
        budget.spendElements(4L * slices);
        Object fill = arguments.get(1, "fill_with", null);
        List<Object> elements = operators.list(value);
        int perSlice = elements.size() / slices;
        int longer = elements.size() % slices;
        List<Object> result = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < slices; i++) {
            int end = start + perSlice + (i < longer ? 1 : 0);
            List<Object> part = new ArrayList<>(elements.subList(start, end));
            if (fill != null && i >= longer) {
                part.add(fill);
            }
            result.add(part);
            start = end;
        }
        return new Generator(result);
    }
}
