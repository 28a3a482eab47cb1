// Generated from rpcd/compiler/test/features/arrays.ts: change that file, not this one.

/** Array methods. */

import {
	arr_at,
	arr_every,
	arr_fill,
	arr_find,
	arr_find_index,
	arr_find_last,
	arr_flat,
	arr_flat_map,
	arr_index_of,
	arr_item,
	arr_join,
	arr_of_length,
	arr_reduce,
	arr_reverse,
	arr_set,
	arr_some,
	arr_sort,
	arr_splice,
	for_each
} from './rt/array.uc';
import { div, mul, str } from './rt/number.uc';

function searching(list, wanted) {
	return [
		arr_find(list, n => n > wanted),
		arr_find_index(list, n => n == wanted),
		arr_find_last(list, n => n < wanted),
		arr_index_of(list, wanted),
		arr_index_of(list, wanted) >= 0,
		arr_some(list, n => n > wanted),
		arr_every(list, n => n > wanted),
	];
}

function searching_text(list, wanted) {
	return [index(list, wanted), wanted in list, !(wanted in list)];
}

function halves(list) {
	const doubled = map(list, n => n * 2);
	return [arr_index_of(doubled, 3) >= 0, arr_index_of(doubled, 3) == 0, arr_index_of(doubled, 1) >= 0];
}

function mapping(list) {
	return filter(map(list, (item, i) => `${i}${item}`), (item, i) => i > 0 && item !== '2skip');
}

function chained(list) {
	return arr_reduce(map(filter(list, n => n > 0), n => n + 1), (sum, n) => sum + n, 0);
}

function ends(list) {
	const last = pop(list);
	const first = shift(list);
	unshift(list, 100, 200);
	push(list, 300, 400);
	return [last, first, ...list, length(list)];
}

function slices(list) {
	return [
		slice(list),
		slice(list, 1),
		slice(list, -2),
		slice(list, 1, -1),
		slice(list, 0, 99),
		slice(list, 5),
		slice(list, -99, 1),
	];
}

function spliced(list, start, count) {
	const removed = arr_splice(list, start, count, 77, 88);
	const rest = arr_splice(list, 4);
	return [list, removed, rest];
}

function joined(list, numbers) {
	return [join(',', list), join(' ', list), arr_join(numbers, '-'), arr_join([1, null, 'x', true], '|')];
}

function together(a, b) {
	return [...[...a, ...b, ...[5], 6], ...[...b, ...a]];
}

function reversed(list) {
	const copy = [...list];
	const same = arr_reverse(copy);
	return [list, copy, same];
}

function flattened(list) {
	return [
		...arr_flat(list),
		...arr_flat_map(list, (inner, i) => [i, ...inner]),
		...arr_flat_map(list, inner => length(inner)),
	];
}

function made(n) {
	return [
		arr_of_length(n, (_, i) => mul(i, i)),
		slice([1, 2, 3]),
		map([1, 2], x => x + 1),
		arr_fill(arr_of_length(n, () => 0), 9),
	];
}

function by_index(list, i) {
	return [
		arr_item(list, i),
		list[0],
		arr_item(list, length(list) - 1),
		list[-1],
		arr_at(list, i),
	];
}

function written(list, i) {
	list[0] = 10;
	arr_set(list, i, 20);
	list[length(list)] = 30;
	return list;
}

function counted(words) {
	const counts = [0, 0, 0];
	for (let i = 0; i < length(words); i++) {
		const slot = i % 3;
		counts[slot] += 1;
		counts[slot]++;
	}
	return counts;
}

function each(list) {
	const out = [];
	for_each(list, (item, i) => push(out, `${i}=${item}`));
	for_each(list, item => {
		push(out, item);
	});
	return out;
}

function by_weight(links) {
	return map(arr_sort(links, (a, b) => b.weight - a.weight), link => link.name);
}

function by_name(links) {
	const compare = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
	return map(arr_sort(slice(links), compare), link => `${link.name}${str(link.weight)}`);
}

function sorted_text(list) {
	return sort([...list]);
}

function sorted_fractions(list) {
	return arr_sort(list, (a, b) => div(a - b, 10));
}

function total(links) {
	return arr_reduce(links, (sum, link) => sum + link.weight, 0);
}

function grouped(links) {
	const groups = {};
	for (let entry in links) {
		let name = entry.name, weight = entry.weight;
		const key = `w${str(weight)}`;
		groups[key] ??= [];
		push(groups[key], name);
	}
	return groups;
}

function nested() {
	const grid = [
		[1, 2],
		// second row
		[3, 4], // odd and even
	];
	for (let row in grid) push(row, 0);
	return grid;
}

export {
	searching,
	searching_text,
	halves,
	mapping,
	chained,
	ends,
	slices,
	spliced,
	joined,
	together,
	reversed,
	flattened,
	made,
	by_index,
	written,
	counted,
	each,
	by_weight,
	by_name,
	sorted_text,
	sorted_fractions,
	total,
	grouped,
	nested
};
