# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Turns what a benchmark measured into a table.  Fields are separated by tabs:
#
#     title    TEXT
#     unit     NAME-OF-THE-RATE  NAME-OF-THE-COST
#     row      KEY  BASE  WANTED  LABEL
#     value    KEY  RATE  COST  [BASE-RATE  BASE-COST]
#     note     KEY  TEXT
#     remark   TEXT
#
# The n-th value of a row belongs to the n-th run.  A row's ratio is the median
# over the runs of its rate divided by that of the row BASE in the same run, so
# that what else the machine does weighs on both.  Where a cost is given (time
# of a processor per packet), there is a second ratio, of the packets that each
# second of a processor's time is good for: other work disturbs it much less.
# That one, if there is one, is compared with WANTED, which is "-", ">=RATIO" or
# "<=RATIO".  COST may be "-" in all rows.  BASE may be "-": then the rate itself
# is compared with WANTED.  A value that brings its own base, from a run that
# alternated with it more quickly, is compared with that; the row BASE then
# shows the medians of all of these.

BEGIN {
    FS = "\t"
}

$1 == "title" { title = $2 }
$1 == "unit" { unit = $2; cost_unit = $3 }
$1 == "remark" { remarks[++n_remarks] = $2 }
$1 == "row" {
    key[++n_rows] = $2
    base[$2] = $3
    wanted[$2] = $4
    label[$2] = $5
    if (length($5) > label_width) {
        label_width = length($5)
    }
}
$1 == "value" {
    n[$2]++
    value[$2, n[$2]] = $3
    cost[$2, n[$2]] = $4
    if (NF > 4) {
        b = base[$2]
        base_value[$2, n[$2]] = $5
        base_cost[$2, n[$2]] = $6
        n[b]++
        value[b, n[b]] = $5
        cost[b, n[b]] = $6
    } else if ((base[$2], n[$2]) in value) {
        base_value[$2, n[$2]] = value[base[$2], n[$2]]
        base_cost[$2, n[$2]] = cost[base[$2], n[$2]]
    }
}
$1 == "note" { note[$2] = $3 }

# Sorts list[1..count].
function sort(list, count,    i, j, x) {
    for (i = 2; i <= count; i++) {
        x = list[i]
        for (j = i - 1; j >= 1 && list[j] > x; j--) {
            list[j + 1] = list[j]
        }
        list[j + 1] = x
    }
}

function median(list, count,    half) {
    sort(list, count)
    half = int((count + 1) / 2)
    return count % 2 ? list[half] : (list[half] + list[half + 1]) / 2
}

function median_of(array, k,    i, list) {
    for (i = 1; i <= n[k]; i++) {
        list[i] = array[k, i] + 0
    }
    return median(list, n[k])
}

# The ratio of 'array' in row k to its bases; leaves the extremes in 'low' and
# 'high'.  A 'power' of -1 takes costs for rates.
function ratio(array, bases, k, power,    count, i, list, result) {
    for (i = 1; i <= n[k]; i++) {
        if (bases[k, i] > 0 && array[k, i] > 0) {
            list[++count] = (array[k, i] / bases[k, i]) ^ power
        }
    }
    if (!count) {
        return -1
    }
    result = median(list, count)
    low = list[1]
    high = list[count]
    return result
}

function verdict(want, r) {
    if (want == "-" || r < 0) {
        return ""
    }
    if (substr(want, 1, 2) == ">=") {
        return r >= substr(want, 3) + 0 ? "ok" : "MISSED"
    }
    return r <= substr(want, 3) + 0 ? "ok" : "MISSED"
}

# One ratio, and what it ought to be.
function ratio_text(r, want,    v) {
    if (r < 0) {
        return "-"
    }
    v = verdict(want, r)
    return sprintf("%.3f [%.2f..%.2f]", r, low, high) \
           (v == "" ? "" : "  " want " " v)
}

# The median of the rates of row k, compared with what is wanted of it if there
# is nothing else to compare it with.
function rate_text(k,    rate, v) {
    rate = median_of(value, k)
    v = base[k] == "-" ? verdict(wanted[k], rate) : ""
    return sprintf("  %10.1f", rate) (v == "" ? "" : "  " wanted[k] " " v)
}

function row_text(k,    text) {
    if (!n[k]) {
        return "  not measured"
    }
    text = rate_text(k)
    if (base[k] == "-") {
        return text
    }
    if (cost_unit == "-") {
        return text "  " (base[k] == k ? "1" \
                          : ratio_text(ratio(value, base_value, k, 1), \
                                       wanted[k]))
    }
    text = text (base[k] == k ? sprintf("  %5s", "1") \
                 : sprintf("  %5.2f", ratio(value, base_value, k, 1)))
    text = text sprintf("  %10.1f", median_of(cost, k))
    return text "  " (base[k] == k ? "1" \
                      : ratio_text(ratio(cost, base_cost, k, -1), wanted[k]))
}

function print_row(k) {
    print sprintf("  %-" label_width "s", label[k]) row_text(k) \
          (note[k] == "" ? "" : "  (" note[k] ")")
}

END {
    print title
    printf "  %-" label_width "s  %10s", "", unit
    if (cost_unit != "-") {
        printf "  %5s  %10s", "ratio", cost_unit
    }
    print "  ratio [extremes]   wanted"
    for (i = 1; i <= n_rows; i++) {
        print_row(key[i])
    }
    for (i = 1; i <= n_remarks; i++) {
        print "  " remarks[i]
    }
    print ""
}
