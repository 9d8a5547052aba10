// Search, filter and sort of the scoreboard, in the page itself; the choice stands in the address.
(() => {
  const table = document.querySelector("table.scoreboard");
  const form = document.querySelector("form.scoreboard-controls");
  const rows = [...table.tBodies[0].rows];
  const controls = [...form.querySelectorAll("[data-filter]")];
  const wanted = (name) => form.querySelector(`[data-filter="${name}"]`).value.toLowerCase();

  const show = () => {
    const text = wanted("text");
    let shown = 0;
    for (const row of rows) {
      const fits =
        ["verdict", "chapter", "kind"].every((k) => !wanted(k) || row.dataset[k] === wanted(k)) &&
        `${row.id} ${row.textContent}`.toLowerCase().includes(text);
      row.hidden = !fits;
      shown += fits;
    }
    form.querySelector("output").value = `${shown} of ${rows.length} claims`;
    const query = new URLSearchParams();
    for (const c of controls) if (c.value) query.set(c.dataset.filter, c.value);
    const search = query.toString();
    history.replaceState(null, "", (search ? `?${search}` : location.pathname) + location.hash);
  };

  const sort = (head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].textContent.trim();
    const order = (a, b) => key(a).localeCompare(key(b), "en", { numeric: true });
    table.tBodies[0].append(...[...rows].sort((a, b) => (down ? order(b, a) : order(a, b))));
  };

  const given = new URLSearchParams(location.search);
  for (const control of controls) control.value = given.get(control.dataset.filter) ?? "";
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  [...table.tHead.rows[0].cells].forEach((head, column) =>
    head.querySelector("button").addEventListener("click", () => sort(head, column)),
  );
  if (controls.some((control) => control.value)) show();
})();
