using System.Globalization;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using ListenerState = Quern.Peers.Estate.ListenerState;

namespace Quern.Peers.Admin;

/// <summary>Listeners. Those that are made here speak this protocol.</summary>
internal sealed class ListenerArea(IListenerDesk desk)
{
    private static readonly EstateAnswer s_halfAPair = new(
        EstateCode.InvalidCertificate, "A certificate and its private key come together: both or neither.", "certificate");

    private static readonly EstateAnswer s_noPort = new(EstateCode.InvalidPort, "A port is from 1 to 65535.", "port");

    public async Task<AdminAnswer> CreateAsync(AdminRequest request, RQ_CreateListener asked, CancellationToken cancellationToken)
    {
        if (asked.Certificate.IsEmpty != asked.PrivateKey.IsEmpty) return AdminAnswers.Of(s_halfAPair, RS_CreateListener.CreateListenerInvalidCertificate);
        if (!IsPort(request, asked.Port)) return AdminAnswers.Of(s_noPort, RS_CreateListener.CreateListenerInvalidPort);
        var answer = await desk.CreateAsync(request.Who, new NewListener("", asked.Address, asked.Port, asked.Name)
        {
            Enabled = !asked.HasEnabled || asked.Enabled,
            Tls = asked.Certificate.IsEmpty ? new ListenerTls.Farm() : new ListenerTls.Given(asked.Certificate.Memory, asked.PrivateKey.Memory),
            AgentAcceptor = !asked.HasAgentAcceptor || asked.AgentAcceptor,
            ClientAcceptor = !asked.HasClientAcceptor || asked.ClientAcceptor,
        }, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_CreateListener.CreateListenerOk,
            EstateCode.InvalidPort => RS_CreateListener.CreateListenerInvalidPort,
            EstateCode.InvalidAddress => RS_CreateListener.CreateListenerInvalidAddress,
            EstateCode.InvalidCertificate => RS_CreateListener.CreateListenerInvalidCertificate,
            EstateCode.InvalidName or EstateCode.NameTaken => RS_CreateListener.CreateListenerInvalidName,
            EstateCode.AddressInUse or EstateCode.InUse => RS_CreateListener.CreateListenerInUse,
            EstateCode.BindFailed or EstateCode.Failed => RS_CreateListener.CreateListenerBindFailed,
            _ => RS_CreateListener.CreateListenerAccessDenied,
        });
    }

    public async Task<AdminAnswer> UpdateAsync(AdminRequest request, RQ_UpdateListener asked, CancellationToken cancellationToken)
    {
        if (Target(asked.TargetCase == RQ_UpdateListener.TargetOneofCase.Id, asked.Id, asked.Name) is not { } listener)
            return AdminAnswers.Of(GroupArea.NoTarget, RS_UpdateListener.UpdateListenerAccessDenied);
        if (asked.HasCertificate != asked.HasPrivateKey || (asked.HasCertificate && asked.Certificate.IsEmpty != asked.PrivateKey.IsEmpty))
            return AdminAnswers.Of(s_halfAPair, RS_UpdateListener.UpdateListenerInvalidCertificate);
        if (asked.HasPort && !IsPort(request, asked.Port)) return AdminAnswers.Of(s_noPort, RS_UpdateListener.UpdateListenerInvalidPort);
        if (asked.HasState && asked.State is not (Quern.Admin.V1.ListenerState.ListenerListening or Quern.Admin.V1.ListenerState.ListenerInactive))
            return AdminAnswers.Of(RS_UpdateListener.UpdateListenerInvalidState, new ResultTail { Detail = "A listener is started or stopped; nothing else can be asked of it.", Field = "state" });
        var answer = await desk.UpdateAsync(request.Who, EditOf(asked, listener), cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_UpdateListener.UpdateListenerOk,
            EstateCode.NotFound => RS_UpdateListener.UpdateListenerNotFound,
            EstateCode.InvalidPort => RS_UpdateListener.UpdateListenerInvalidPort,
            EstateCode.InvalidAddress => RS_UpdateListener.UpdateListenerInvalidAddress,
            EstateCode.InvalidCertificate => RS_UpdateListener.UpdateListenerInvalidCertificate,
            EstateCode.InvalidName or EstateCode.NameTaken => RS_UpdateListener.UpdateListenerInvalidName,
            EstateCode.InvalidState or EstateCode.LastListener => RS_UpdateListener.UpdateListenerInvalidState,
            EstateCode.AddressInUse or EstateCode.InUse or EstateCode.BindFailed or EstateCode.Failed => RS_UpdateListener.UpdateListenerBindFailed,
            EstateCode.Outdated => RS_UpdateListener.UpdateListenerConflict,
            EstateCode.UnknownUser => RS_UpdateListener.UpdateListenerUnknownUser,
            _ => RS_UpdateListener.UpdateListenerAccessDenied,
        });
    }

    public static ListenerEdit EditOf(RQ_UpdateListener asked, string listener) => new(listener)
    {
        NewName = asked.HasNewName ? asked.NewName : null,
        Address = asked.HasAddress ? asked.Address : null,
        Port = asked.HasPort ? asked.Port : null,
        Enabled = asked.HasEnabled ? asked.Enabled : null,
        Listening = asked.HasState ? asked.State == Quern.Admin.V1.ListenerState.ListenerListening : null,
        Tls = !asked.HasCertificate ? null
            : asked.Certificate.IsEmpty ? new ListenerTls.Farm() : new ListenerTls.Given(asked.Certificate.Memory, asked.PrivateKey.Memory),
        AgentAcceptor = asked.HasAgentAcceptor ? asked.AgentAcceptor : null,
        ClientAcceptor = asked.HasClientAcceptor ? asked.ClientAcceptor : null,
        NewOwner = asked.HasNewOwner ? asked.NewOwner : null,
        ExpectedRevision = asked.ExpectedRevision,
    };

    public async Task<AdminAnswer> DeleteAsync(AdminRequest request, RQ_DeleteListener asked, CancellationToken cancellationToken)
    {
        if (Target(asked.TargetCase == RQ_DeleteListener.TargetOneofCase.Id, asked.Id, asked.Name) is not { } listener)
            return AdminAnswers.Of(GroupArea.NoTarget, RS_DeleteListener.DeleteListenerAccessDenied);
        var answer = await desk.RemoveAsync(request.Who, listener, asked.CloseConnections, asked.ExpectedRevision, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_DeleteListener.DeleteListenerOk,
            EstateCode.NotFound => RS_DeleteListener.DeleteListenerNotFound,
            EstateCode.LastListener => RS_DeleteListener.DeleteListenerLast,
            EstateCode.Outdated => RS_DeleteListener.DeleteListenerConflict,
            _ => RS_DeleteListener.DeleteListenerAccessDenied,
        });
    }

    public AdminAnswer List(AdminRequest request) =>
        AdminAnswers.Of(desk.List(request.Who) is { } all ? new RS_ListListeners { Listener = { all.Select(Of) } } : new RS_ListListeners());

    /// <summary>0, "pick one", is for peers who know of it: others left the port away.</summary>
    private static bool IsPort(AdminRequest request, int port) => port is >= 1 and <= 65535 || (port == 0 && request.Peer.IsQuerns);

    private static string? Target(bool byId, long id, string name) =>
        byId ? id > 0 ? id.ToString(CultureInfo.InvariantCulture) : null : name.Length > 0 ? name : null;

    private static ListenerConfig Of(ListenerFacts listener) => new()
    {
        Id = listener.Id,
        Name = listener.Name,
        Port = listener.Open?.Port ?? listener.Port,
        Address = listener.Address,
        Owner = listener.Owner,
        AgentAcceptor = listener.AgentAcceptor,
        ClientAcceptor = listener.ClientAcceptor,
        Enabled = listener.Enabled,
        State = listener.State switch
        {
            ListenerState.Listening => Quern.Admin.V1.ListenerState.ListenerListening,
            ListenerState.Failed => Quern.Admin.V1.ListenerState.ListenerFailed,
            _ => Quern.Admin.V1.ListenerState.ListenerInactive,
        },
        LastError = listener.Problem,
        ActiveConnections = listener.ActiveConnections,
        ListeningSince = Times.Of(listener.ListeningSince),
        CertificateSha256 = ByteString.CopyFrom(listener.CertificateSha256.Span),
        CertificateNotAfter = Times.Of(listener.CertificateNotAfter),
        Revision = listener.Revision,
    };
}
