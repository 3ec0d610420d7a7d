using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>The doors of the farm, as they are kept.</summary>
public abstract class ListenersContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly Actor Who = Someone with { Address = "192.0.2.7", Door = "http" };

    [Fact]
    public async Task A_listener_is_read_as_it_was_saved()
    {
        await Store.CreateAccountAsync(new StoredAccount { Id = "7", Name = "mira" }, Someone, Cancellation);
        var full = new StoredListener("admin", "::", 8768, true, "api", "v7,v1")
        {
            Name = "Default Listener",
            Owner = "mira",
            Tls = new StoredTls("given", "-----BEGIN CERTIFICATE-----", "sealed", Older: true),
            MaxConnections = 100,
            MaxPerSecond = 7,
            Handshake = TimeSpan.FromMilliseconds(1500),
            AgentAcceptor = false,
            ClientAcceptor = false,
        };

        var saved = await CreateAsync(full);

        Assert.Equal(full with { Id = saved.Id, Revision = 1 }, saved);
        Assert.Equal([saved], await Store.ListListenersAsync(Cancellation));
        var told = JsonNode.Parse((await Store.FindLastEventAsync("listener.saved", Cancellation))!.Data)!;
        Assert.Equal(("mira", "given", "192.0.2.7", "http"), (told["after"]!["owner"]!.ToString(), told["after"]!["tls"]!.ToString(), told["address"]!.ToString(), told["door"]!.ToString()));
        Assert.Null(told["before"]);
        Assert.DoesNotContain("sealed", told.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sealed", saved.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_goes_hands_its_listeners_over()
    {
        await Store.CreateAccountAsync(new StoredAccount { Id = "7", Name = "mira" }, Someone, Cancellation);
        await Store.CreateAccountAsync(new StoredAccount { Id = "8", Name = "noor" }, Someone, Cancellation);
        var listener = await CreateAsync(Listener(8010) with { Name = "Front", Owner = "mira" });

        Assert.Equal(["listener 'Front'"], Assert.IsType<AccountChange.OwnsResources>(await Store.RemoveAccountAsync("7", null, Someone, Cancellation)).What);
        Assert.IsType<AccountChange.Removed>(await Store.RemoveAccountAsync("7", "noor", Someone, Cancellation));

        Assert.Equal([listener with { Owner = "noor" }], await Store.ListListenersAsync(Cancellation));
        var told = (await Store.FindLastEventAsync("listener.handed_over", Cancellation))!;
        Assert.Equal(("Front", "noor"), (told.Subject, JsonNode.Parse(told.Data)!["owner"]!.ToString()));
    }

    [Fact]
    public async Task A_name_is_taken_whatever_its_case_and_one_that_is_not_given_is_made()
    {
        await CreateAsync(Listener(8010) with { Name = "Front" });

        Assert.IsType<ListenerChange.NameTaken>(await Store.CreateListenerAsync(Listener(8011) with { Name = "FRONT" }, Who, Cancellation));
        string[] names = [(await CreateAsync(Listener(8012))).Name, (await CreateAsync(Listener(8012))).Name, (await CreateAsync(Listener(0))).Name, (await CreateAsync(Listener(0))).Name];
        var other = await CreateAsync(Listener(8013));
        Assert.IsType<ListenerChange.NameTaken>(await Store.UpdateListenerAsync(other with { Name = "front" }, Who, Cancellation));

        Assert.Equal(["http-8012", "http-8012-2", "http", "http-2"], names);
    }

    [Fact]
    public async Task A_listener_is_changed_from_its_newest_revision_alone()
    {
        var first = await CreateAsync(Listener(8010));

        var second = Assert.IsType<ListenerChange.Saved>(await Store.UpdateListenerAsync(first with { Port = 8011, Enabled = false }, Who, Cancellation)).Listener;
        Assert.Equal(new ListenerChange.Outdated(2), await Store.UpdateListenerAsync(first with { Port = 8012 }, Who, Cancellation));
        Assert.IsType<ListenerChange.NotFound>(await Store.UpdateListenerAsync(first with { Id = 4711 }, Who, Cancellation));

        Assert.Equal((first.Id, 8011, false, 2), (second.Id, second.Port, second.Enabled, second.Revision));
        Assert.Equal([second], await Store.ListListenersAsync(Cancellation));
        var told = (await Store.FindLastEventAsync("listener.saved", Cancellation))!;
        var data = JsonNode.Parse(told.Data)!;
        Assert.Equal(("http 127.0.0.1:8011", 8010, 8011), (told.Subject, data["before"]!["port"]!.GetValue<int>(), data["after"]!["port"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_number_is_not_given_twice()
    {
        var first = await CreateAsync(Listener(8010));

        Assert.True(await Store.RemoveListenerAsync(first.Id, Who, Cancellation));
        Assert.False(await Store.RemoveListenerAsync(first.Id, Who, Cancellation));
        var second = await CreateAsync(Listener(8010));

        Assert.NotEqual(first.Id, second.Id);
        await Store.SaveListenerEventAsync(EventKinds.ListenerOpened, FarmStore.ListenerSubject("http", "127.0.0.1", 8010), "", Who, Cancellation);
        Assert.Equal(["listener.saved", "listener.removed", "listener.saved", "listener.opened"], await KindsAsync());
    }

    [Fact]
    public async Task An_owner_is_an_account_and_keeps_the_listener_under_a_new_name()
    {
        Assert.IsType<ListenerChange.UnknownOwner>(await Store.CreateListenerAsync(Listener(8010) with { Owner = "mira" }, Who, Cancellation));
        await Store.CreateAccountAsync(new StoredAccount { Id = "7", Name = "mira" }, Someone, Cancellation);
        var saved = await CreateAsync(Listener(8010) with { Owner = "mira" });
        Assert.IsType<ListenerChange.UnknownOwner>(await Store.UpdateListenerAsync(saved with { Owner = "noor" }, Who, Cancellation));

        await Store.UpdateAccountAsync((await Store.FindAccountAsync("mira", Cancellation))! with { Name = "mirabel" }, Someone, null, Cancellation);

        Assert.Equal("mirabel", Assert.Single(await Store.ListListenersAsync(Cancellation)).Owner);
    }

    private static StoredListener Listener(int port) => new("http", "127.0.0.1", port, true, "api");

    private async Task<StoredListener> CreateAsync(StoredListener listener) =>
        Assert.IsType<ListenerChange.Saved>(await Store.CreateListenerAsync(listener, Who, Cancellation)).Listener;
}
