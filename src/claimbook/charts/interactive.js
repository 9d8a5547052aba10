// Starts the charts of a page: draws each, joins its form to it, and writes its numbers as text.
const start = async (figure) => {
  const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const form = figure.querySelector("form");
  const { view } = await vegaEmbed(figure.querySelector(".interactive-plot"), spec, {
    actions: false,
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  });

  const chosen = (control) => {
    if (control.dataset.kind === "checks") {
      return [...control.querySelectorAll("input:checked")].map((box) => JSON.parse(box.value));
    }
    return JSON.parse(control.querySelector("select, input").value);
  };
  const update = () => {
    for (const control of form.querySelectorAll("[data-signal]")) {
      view.signal(control.dataset.signal, chosen(control));
      const shown = control.querySelector("b");
      if (shown) shown.textContent = chosen(control);
    }
    view.run();
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));

  for (const output of figure.querySelectorAll("output[data-readout]")) {
    const write = (_, value) => (output.value = value);
    view.addSignalListener(output.dataset.readout, write);
    write(null, view.signal(output.dataset.readout));
  }
  for (const part of figure.querySelectorAll("[hidden]")) part.hidden = false;
  figure.classList.add("is-ready");
};
document.querySelectorAll("figure.interactive-chart").forEach(start);
