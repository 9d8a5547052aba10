// Buttons that copy a citation or a command; without scripts they are not shown.
document.documentElement.classList.add("with-scripts");
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const card = button.closest(".claim-card");
  const citation = button.textContent.includes("citation");
  const address = `${location.origin}${location.pathname}#${card.id}`;
  const text = button.dataset.copy + (citation && location.protocol !== "file:" ? ` ${address}` : "");
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    button.textContent = text; // no clipboard: show what was to be copied
    return;
  }
  setTimeout(() => (button.textContent = before), 1500);
});
